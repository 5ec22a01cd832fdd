import type { AccountId, RegistrationState, RegistrationStatus, TenantId } from '@vigil/domain'
import { silentLogger } from '@vigil/runtime'
import { VirtualClock } from '@vigil/testkit'
import { describe, expect, it } from 'vitest'
import { MemorySignals } from '../test/recorders.ts'
import { watchRegistrations } from './registration-watch.ts'

const ID = 'acc_1' as AccountId
const OTHER = 'acc_2' as AccountId
const isRegistered = ({ state }: RegistrationStatus) => state === 'registered'

async function scene() {
	const clock = new VirtualClock()
	const signals = new MemorySignals()
	const statuses = new Map<AccountId, RegistrationStatus>()
	const reads = { count: 0, failure: undefined as Error | undefined }
	const watch = await watchRegistrations({
		accounts: {
			status: async (_tenantId, id) => {
				reads.count += 1
				if (reads.failure !== undefined) throw reads.failure
				return statuses.get(id)
			},
		},
		signals,
		clock,
		logger: silentLogger,
		pollMs: 100,
	})
	const write = (state: RegistrationState, accountVersion: number, id = ID) =>
		statuses.set(id, { state, sinceMs: 0, accountVersion })
	const signal = (id = ID) => signals.publish('registration.changed', { accountId: id, state: 'registered', atMs: 0 })
	const wait = (version: number, timeoutMs = 5_000) =>
		watch.waitForStatus({ id: ID, tenantId: 'tenant' as TenantId }, version, isRegistered, timeoutMs)
	return { clock, watch, reads, write, signal, wait }
}

describe('watchRegistrations', () => {
	it('gives a status that is there already, without waiting', async () => {
		const { write, wait, clock } = await scene()
		write('registered', 3)
		expect(await wait(3)).toMatchObject({ state: 'registered', accountVersion: 3 })
		expect(await wait(2, 0)).toMatchObject({ accountVersion: 3 })
		expect(clock.pendingTimers).toBe(0)
	})

	it('is woken by a signal of the account, and only by a status of the version that fits', async () => {
		const { write, wait, signal, clock, reads } = await scene()
		write('registered', 1)
		const waiting = wait(2)
		await clock.advance(1)
		write('registering', 2)
		await signal()
		await clock.advance(1)
		const readsBefore = reads.count
		await signal(OTHER)
		await clock.advance(1)
		expect(reads.count).toBe(readsBefore)
		write('registered', 2)
		await signal()
		expect(await waiting).toMatchObject({ state: 'registered', accountVersion: 2 })
		expect(clock.pendingTimers).toBe(0)
	})

	it('finds by itself what a lost signal left', async () => {
		const { write, wait, clock } = await scene()
		const waiting = wait(1)
		await clock.advance(1)
		write('registered', 1)
		await clock.advance(100)
		expect(await waiting).toMatchObject({ state: 'registered' })
	})

	it('gives nothing at the deadline, also when statuses cannot be read', async () => {
		const { wait, clock, reads } = await scene()
		const waiting = wait(1, 250)
		await clock.advance(120)
		reads.failure = new Error('database gone')
		await clock.advance(130)
		expect(await waiting).toBeUndefined()
		expect(clock.pendingTimers).toBe(0)
		expect(await wait(1, 0)).toBeUndefined()
	})

	it('hears nothing after it was closed', async () => {
		const { watch, wait, signal, clock, reads } = await scene()
		const waiting = wait(1, 90)
		await clock.advance(1)
		await watch.close()
		await signal()
		await clock.advance(1)
		expect(reads.count).toBe(1)
		await clock.advance(90)
		expect(await waiting).toBeUndefined()
	})
})
