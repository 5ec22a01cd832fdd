import type { AccountId, OwnedStatus, RegistrationStatus, TenantId } from '@vigil/domain'
import { silentLogger } from '@vigil/runtime'
import { until, VirtualClock } from '@vigil/testkit'
import { beforeEach, describe, expect, it } from 'vitest'
import { StatusReporter } from './status-reporter.ts'

const STATUS: RegistrationStatus = { state: 'registered', sinceMs: 1, accountVersion: 1 }

describe('statuses that changed', () => {
	let clock: VirtualClock
	let written: number[]
	let last: RegistrationStatus | undefined
	let refusals: number
	let reporter: StatusReporter

	beforeEach(() => {
		clock = new VirtualClock()
		written = []
		refusals = 0
		const accounts = {
			saveStatuses: async (statuses: ReadonlyMap<AccountId, OwnedStatus>) => {
				if (refusals-- > 0) throw new Error('no database')
				written.push(statuses.size)
				last = [...statuses.values()].at(-1)?.status
			},
		}
		const read = (slot: number) =>
			[`account-${slot}` as AccountId, { tenantId: 'tenant' as TenantId, status: STATUS }] as const
		reporter = new StatusReporter(accounts, { publish: async () => {} }, read, clock, silentLogger)
	})

	function report(count: number): void {
		for (let slot = 0; slot < count; slot++) reporter.report(slot)
	}

	it('are written in large statements with a rest between them', async () => {
		report(5000)
		await until(() => written.length === 1)
		await clock.advance(499)
		expect(written).toEqual([2000])
		await clock.advance(1)
		await until(() => written.length === 2)
		await clock.advance(500)
		await until(() => written.length === 3)
		expect(written).toEqual([2000, 2000, 1000])
	})

	it('are written without rests when somebody waits for the end', async () => {
		report(5000)
		await until(() => written.length === 1)
		await reporter.flush()
		expect(written).toEqual([2000, 2000, 1000])
	})

	it('rest again after that', async () => {
		await reporter.flush()
		report(4000)
		await until(() => written.length === 1)
		await clock.advance(100)
		expect(written).toEqual([2000])
	})

	it('are written in the time of the wall clock, also after that was set', async () => {
		clock.stepWall(-3_600_000)
		report(1)
		await until(() => written.length === 1)
		expect(last?.sinceMs).toBe(STATUS.sinceMs - 3_600_000)
	})

	it('are tried again when the database did not take them', async () => {
		refusals = 1
		report(3)
		await until(() => clock.pendingTimers === 1)
		expect(written).toEqual([])
		await clock.advance(1000)
		await until(() => written.length === 1)
		expect(written).toEqual([3])
	})
})
