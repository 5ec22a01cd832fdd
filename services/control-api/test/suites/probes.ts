import type { ProbeReportView } from '@vigil/contracts'
import type { AccountId, TenantId } from '@vigil/domain'
import { describe, expect, it } from 'vitest'
import { watchProbes } from '../../src/probes/probe-watch.ts'
import { createAccount, createTenant } from '../builders.ts'
import type { Harness } from '../harness.ts'

const REPORT: ProbeReportView = {
	outcome: 'complete',
	findings: {
		authentication: [{ realm: 'pbx', proxy: false, algorithms: ['MD5'], qop: ['auth'] }],
		listing: 'lists',
		foreign: [],
		foreignLost: [],
		second: 'kept',
		secondStatus: 200,
		swap: 'honoured',
		zeroRemoves: 'contact',
		mostBindings: 2,
		expiries: [{ askedSeconds: 60, grantedSeconds: 60 }],
		options: [],
		path: false,
		outbound: false,
		serviceRoute: [],
	},
	recommendation: { registrationMode: 0, natEmulation: false, registrationRefreshSeconds: 600, reasons: ['mode 0'] },
	cleanUp: 'verified',
	warnings: [],
	registersSent: 14,
	durationMs: 210,
}

export function probeSuite(api: () => Harness): void {
	const world = async () => {
		const tenant = await createTenant(api())
		const accountId = await createAccount(api(), tenant)
		const probe = (body?: object, key = tenant.key) =>
			api().request(key, 'POST', `/v1/accounts/${accountId}/probe`, body)
		return { tenant, accountId, probe }
	}
	const holding = (tenant: { readonly id: string }, accountId: string) =>
		api().stores.accounts.saveStatuses(
			new Map([
				[
					accountId as AccountId,
					{ tenantId: tenant.id as TenantId, status: { state: 'registered', sinceMs: 1, accountVersion: 1 } },
				],
			]),
		)

	describe('a probe', () => {
		it('is asked of the worker, and its report is the answer', async () => {
			const { accountId, probe } = await world()
			const asked: unknown[] = []
			api().prober = async (...args) => {
				asked.push(args.slice(0, 2))
				return { report: REPORT }
			}
			expect(await probe()).toMatchObject({ status: 200, body: REPORT })
			expect(asked).toEqual([[accountId, false]])
		})

		it('is refused while the service holds the binding, unless it is forced', async () => {
			const { tenant, accountId, probe } = await world()
			await holding(tenant, accountId)
			api().prober = async () => ({ report: REPORT })
			const refused = await probe({})
			expect(refused.status).toBe(409)
			expect(refused.body.detail).toContain('holds the binding')
			expect((await probe({ force: true })).status).toBe(200)
		})

		it('is refused for an account that is disabled or has push off, with the reason', async () => {
			const { tenant, accountId, probe } = await world()
			const change = (body: object) => api().request(tenant.key, 'PATCH', `/v1/accounts/${accountId}`, body)
			await change({ disabled: true })
			expect(await probe({ force: true })).toMatchObject({ status: 409, body: { detail: 'The account is disabled.' } })
			await change({ disabled: false, attributes: { pushEnabled: false } })
			expect(await probe()).toMatchObject({ status: 409 })
		})

		it('says why there is no report', async () => {
			const { probe } = await world()
			expect((await probe()).status).toBe(503)
			api().prober = async () => ({ error: 'pbx.test has no address' })
			const response = await probe()
			expect([response.status, response.body.detail]).toEqual([
				409,
				'The probe could not begin: pbx.test has no address.',
			])
		})

		it('takes nothing that it does not know, and shows nobody else’s account', async () => {
			const { probe } = await world()
			expect((await probe({ forec: true })).status).toBe(422)
			const other = await createTenant(api())
			expect((await probe({}, other.key)).status).toBe(404)
		})

		it('hears the answer to its own query only', async () => {
			const { signals, deps } = api()
			const watch = await watchProbes(signals, deps)
			const unsubscribe = await signals.subscribe('probe.asked', async ({ probeId, force }) => {
				await signals.publish('probe.done', { probeId: 'another', error: 'not for this one' })
				if (force) await signals.publish('probe.done', { probeId, report: REPORT })
			})
			expect(await watch.ask('a' as AccountId, true, 1000)).toEqual({ report: REPORT })
			expect(await watch.ask('a' as AccountId, false, 10)).toBeUndefined()
			await unsubscribe()
			await watch.close()
		})
	})
}
