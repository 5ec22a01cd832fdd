import type { AccountId, Call, CallId, TenantId } from '@vigil/domain'
import { describe, expect, it } from 'vitest'
import { createAccount, createTenant, enrolDevice, type TestTenant, unique, violated } from '../builders.ts'
import type { Harness } from '../harness.ts'

export function callSuite(api: () => Harness): void {
	const begin = async (tenant: TestTenant, accountId: string, overrides: Partial<Call> = {}): Promise<Call> => {
		const call: Call = {
			id: unique('call') as CallId,
			tenantId: tenant.id as TenantId,
			accountId: accountId as AccountId,
			sipCallId: unique('sip'),
			fromUri: 'sip:bob@example.org',
			direction: 'incoming',
			toUri: 'sip:alice@example.org',
			startedAtMs: Date.now(),
			...overrides,
		}
		await api().stores.calls.begin(call)
		return call
	}
	const tenantWithAccount = async () => {
		const tenant = await createTenant(api())
		return { tenant, accountId: await createAccount(api(), tenant) }
	}

	describe('calls', () => {
		it('are listed newest first, page by page, by account and by outcome', async () => {
			const { tenant, accountId } = await tenantWithAccount()
			const other = await createAccount(api(), tenant)
			const [a, b, c] = [
				await begin(tenant, accountId, { startedAtMs: 1_000_000 }),
				await begin(tenant, accountId, { startedAtMs: 2_000_000 }),
				await begin(tenant, other, { startedAtMs: 3_000_000 }),
			]
			await api().stores.calls.end(a.tenantId, a.id, { endedAtMs: 1_500_000, outcome: 'missed', finalStatus: 480 })
			const ids = async (query: string) => {
				const { body } = await api().request(tenant.key, 'GET', `/v1/calls${query}`)
				return { ids: body.items.map((call: { id: string }) => call.id), next: body.nextCursor }
			}
			expect((await ids('')).ids).toEqual([c.id, b.id, a.id])
			expect((await ids(`?accountId=${accountId}`)).ids).toEqual([b.id, a.id])
			expect((await ids('?outcome=missed')).ids).toEqual([a.id])
			const caller = encodeURIComponent(a.fromUri)
			expect((await ids(`?from=${caller}`)).ids).toEqual([c.id, b.id, a.id])
			expect((await ids(`?from=${caller}&sipCallId=${b.sipCallId}`)).ids).toEqual([b.id])
			const [from, before] = [1_500_000, 3_000_000].map((ms) => new Date(ms).toISOString())
			expect((await ids(`?startedFrom=${from}&startedBefore=${before}`)).ids).toEqual([b.id])
			const first = await ids('?limit=2')
			expect(first.ids).toEqual([c.id, b.id])
			expect((await ids(`?limit=2&cursor=${first.next}`)).ids).toEqual([a.id])
			const bad = await api().request(tenant.key, 'GET', '/v1/calls?outcome=lost')
			expect([bad.status, ...violated(bad)]).toEqual([422, 'outcome:one_of'])
			const never = await api().request(tenant.key, 'GET', '/v1/calls?startedFrom=yesterday')
			expect([never.status, ...violated(never)]).toEqual([422, 'startedFrom:format'])
		})

		it('are shown with their timeline', async () => {
			const { tenant, accountId } = await tenantWithAccount()
			const call = await begin(tenant, accountId, { startedAtMs: 1_700_000_000_000.25 })
			await api().stores.calls.append([
				{ callId: call.id, atMs: call.startedAtMs, kind: 'invite.received' },
				{ callId: call.id, atMs: call.startedAtMs + 12.5, kind: 'push.sent', detail: { provider: 'apns' } },
			])
			await api().stores.calls.end(call.tenantId, call.id, {
				endedAtMs: call.startedAtMs + 5000,
				outcome: 'cancelled',
				finalStatus: 487,
			})
			const { body } = await api().request(tenant.key, 'GET', `/v1/calls/${call.id}`)
			expect(body).toMatchObject({
				id: call.id,
				from: { uri: 'sip:bob@example.org' },
				startedAt: '2023-11-14T22:13:20.000Z',
				outcome: 'cancelled',
				finalStatus: 487,
				timeline: [
					{ kind: 'invite.received', offsetMs: 0 },
					{ kind: 'push.sent', offsetMs: 12.5, detail: { provider: 'apns' } },
				],
			})
		})

		it('of another tenant do not exist', async () => {
			const { tenant, accountId } = await tenantWithAccount()
			const call = await begin(tenant, accountId)
			const other = await createTenant(api())
			expect((await api().request(other.key, 'GET', `/v1/calls/${call.id}`)).status).toBe(404)
			expect((await api().request(other.key, 'GET', '/v1/calls')).body.items).toEqual([])
		})
	})

	describe('declining a call', () => {
		it('tells its owner', async () => {
			const { tenant, accountId } = await tenantWithAccount()
			const device = await enrolDevice(api(), tenant, accountId)
			const call = await begin(tenant, accountId)
			const response = await api().request(device.token, 'POST', `/v1/calls/${call.id}/decline`)
			expect([response.status, response.body]).toEqual([202, { callId: call.id }])
			expect(api().signals.take('call.declined')).toEqual([{ callId: call.id, deviceId: device.id }])
		})

		it('fails visibly when the owner cannot be told', async () => {
			const { tenant, accountId } = await tenantWithAccount()
			const device = await enrolDevice(api(), tenant, accountId)
			const call = await begin(tenant, accountId)
			api().signals.failure = new Error('connect ECONNREFUSED 10.0.0.1:6379')
			const response = await api().request(device.token, 'POST', `/v1/calls/${call.id}/decline`)
			expect(response.status).toBe(500)
			expect(response.text).not.toContain('ECONNREFUSED')
		})

		it('is a conflict once the call is over, and 404 for calls of others', async () => {
			const { tenant, accountId } = await tenantWithAccount()
			const device = await enrolDevice(api(), tenant, accountId)
			const over = await begin(tenant, accountId)
			await api().stores.calls.end(over.tenantId, over.id, {
				endedAtMs: Date.now(),
				outcome: 'cancelled',
				finalStatus: 487,
			})
			const foreign = await begin(tenant, await createAccount(api(), tenant))
			const decline = async (id: string) =>
				(await api().request(device.token, 'POST', `/v1/calls/${id}/decline`)).status
			expect(await decline(over.id)).toBe(409)
			expect(await decline(foreign.id)).toBe(404)
			expect(await decline('none')).toBe(404)
			expect(api().signals.take('call.declined')).toEqual([])
		})
	})
}
