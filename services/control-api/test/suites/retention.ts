import type { AccountId, Call, CallId, TenantId } from '@vigil/domain'
import { describe, expect, it } from 'vitest'
import { type RetentionProgress, runRetention } from '../../src/retention/run-retention.ts'
import { createAccount, createTenant, type TestTenant, unique, violated } from '../builders.ts'
import { ADMIN_TOKEN, type Harness } from '../harness.ts'

const DAY_MS = 86_400_000

export function retentionSuite(api: () => Harness): void {
	const nowMs = Date.now()

	const record = async (tenant: TestTenant, accountId: string, daysAgo: number, fields: Partial<Call> = {}) => {
		const startedAtMs = nowMs - daysAgo * DAY_MS
		const call: Call = {
			id: unique('call') as CallId,
			tenantId: tenant.id as TenantId,
			accountId: accountId as AccountId,
			sipCallId: unique('sip'),
			fromUri: 'sip:bob@example.org',
			fromDisplayName: 'Bob',
			direction: 'incoming',
			toUri: 'sip:alice@example.org',
			startedAtMs,
			endedAtMs: startedAtMs,
			outcome: 'missed',
			...fields,
		}
		await api().stores.calls.begin(call)
		await api().stores.calls.append([{ callId: call.id, atMs: startedAtMs, kind: 'ended' }])
		return call.id
	}
	const idsOf = async ({ key }: TestTenant) =>
		(await api().request(key, 'GET', '/v1/calls')).body.items.map(({ id }: { id: string }) => id)

	describe('the life of calls', () => {
		it('ends after so many days, which the administrator sets for each tenant', async () => {
			const [usual, short] = [await createTenant(api()), await createTenant(api())]
			const settings = `/v1/tenants/${short.id}/settings`
			expect((await api().request(ADMIN_TOKEN, 'GET', settings)).body.retentionDays).toBe(90)
			await api().request(ADMIN_TOKEN, 'PATCH', settings, { retentionDays: 7 })
			const own = await api().request(short.key, 'PATCH', '/v1/settings', { retentionDays: 3650 })
			expect([own.status, ...violated(own)]).toEqual([422, 'retentionDays:unknown'])
			const [a, b] = [await createAccount(api(), usual), await createAccount(api(), short)]
			const kept = [await record(usual, a, 89), await record(short, b, 6)]
			// One that goes on is nobody's to delete.
			const lasting = await record(short, b, 8, { endedAtMs: undefined, outcome: undefined } as never)
			const old = [await record(usual, a, 91), await record(short, b, 8)]
			for (let n = 0; n < 450; n++) await record(short, b, 8 + n)

			const seen: RetentionProgress[] = []
			const done = await runRetention(api().deps, nowMs, (progress) => seen.push(progress))
			expect(done?.calls).toBeGreaterThanOrEqual(452)
			expect(done?.events).toBeGreaterThanOrEqual(452)
			expect(seen.length).toBeGreaterThan(3)
			expect(seen.at(-1)).toEqual(done)
			expect(await idsOf(usual)).toEqual([kept[0]])
			expect(await idsOf(short)).toEqual([kept[1], lasting])
			for (const id of old) expect(await api().stores.calls.timeline(short.id as TenantId, id)).toEqual([])
			expect(await runRetention(api().deps, nowMs)).toMatchObject({ calls: 0, events: 0 })
		})

		it('is ended by one process at a time', async () => {
			const { retention } = api().stores
			const gate = Promise.withResolvers<void>()
			const begun = Promise.withResolvers<void>()
			const first = retention.exclusively(async () => {
				begun.resolve()
				await gate.promise
			})
			await begun.promise
			expect(await runRetention(api().deps, nowMs)).toBeUndefined()
			gate.resolve()
			expect(await first).toBe(true)
			expect(await runRetention(api().deps, nowMs)).toBeDefined()
		})

		it('takes the names of callers away with the account, where the tenant wants it', async () => {
			const tenant = await createTenant(api())
			const shown = async (accountId: string) =>
				(await api().request(tenant.key, 'GET', `/v1/calls?accountId=${accountId}`)).body.items[0]
			const [kept, gone] = [await createAccount(api(), tenant), await createAccount(api(), tenant)]
			for (const id of [kept, gone]) await record(tenant, id, 1)
			await api().request(tenant.key, 'DELETE', `/v1/accounts/${kept}`)
			expect((await shown(kept)).from).toEqual({ uri: 'sip:bob@example.org', displayName: 'Bob' })
			await api().request(tenant.key, 'PATCH', '/v1/settings', { forgetCallers: true })
			await api().request(tenant.key, 'DELETE', `/v1/accounts/${gone}`)
			expect(await shown(gone)).toMatchObject({
				from: { uri: 'sip:anonymous@anonymous.invalid' },
				to: 'sip:anonymous@anonymous.invalid',
				outcome: 'missed',
			})
			expect((await shown(gone)).from.displayName).toBeUndefined()
		})

		it('goes on with callers that a process died over, and those of calls that went on, and asks once', async () => {
			const tenant = await createTenant(api())
			const { accounts, retention, calls } = api().stores
			const account = (await createAccount(api(), tenant)) as AccountId
			await record(tenant, account, 1)
			const lasting = await record(tenant, account, 0, { endedAtMs: undefined, outcome: undefined } as never)
			// The process dies between the removal and what follows it.
			await accounts.remove(tenant.id as TenantId, account, { forgetCallers: true })
			const named = async () =>
				(await api().request(tenant.key, 'GET', `/v1/calls?accountId=${account}`)).body.items.filter(
					({ from }: { from: { uri: string } }) => from.uri !== 'sip:anonymous@anonymous.invalid',
				).length
			const isAsked = async () =>
				(await retention.forgettings(undefined, 10_000)).some(({ accountId }) => accountId === account)
			expect([await named(), await isAsked()]).toEqual([2, true])
			await runRetention(api().deps, nowMs)
			expect([await named(), await isAsked()]).toEqual([1, true])
			await calls.end(tenant.id as TenantId, lasting, { endedAtMs: nowMs, outcome: 'answered' } as never)
			await runRetention(api().deps, nowMs)
			expect([await named(), await isAsked()]).toEqual([0, false])
		})

		it('is renewed while it lasts, and given up by who has lost it', async () => {
			const tenant = await createTenant(api())
			const account = await createAccount(api(), tenant)
			for (let n = 0; n < 450; n++) await record(tenant, account, 100 + n)
			const { retention } = api().stores
			const [begun, next] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
			let renewals = 0
			let left: Promise<boolean> | undefined
			const lapsing: typeof retention = {
				...retention,
				exclusively: (work) =>
					retention.exclusively(({ renew }) =>
						work({
							renew: async () => {
								renewals++
								if (renewals === 2) {
									await api().letTurnsLapse()
									left = retention.exclusively(() => {
										begun.resolve()
										return next.promise
									})
									await begun.promise
								}
								return renew()
							},
						}),
					),
			}
			const deps = { ...api().deps, stores: { ...api().stores, retention: lapsing } }
			await runRetention(deps, nowMs)
			expect(renewals).toBe(2)
			// Its end is not the end of the turn that another has by now.
			expect(await runRetention(api().deps, nowMs)).toBeUndefined()
			next.resolve()
			expect(await left).toBe(true)
			expect((await runRetention(api().deps, nowMs))?.calls).toBeGreaterThan(0)
		})
	})
}
