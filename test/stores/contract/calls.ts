import {
	type AccountId,
	type Call,
	type CallEvent,
	type CallFilter,
	type CallId,
	DEFAULT_ATTRIBUTES,
	type DeviceId,
	type TenantId,
} from '@vigil/domain'
import { beforeAll, describe, expect, it } from 'vitest'
import type { ContractStores } from './contract-stores.ts'
import { enrolledDevice, newAccount, newCall, newDevice } from './fixtures.ts'

/** What every store of its kind does. */
export function callStoreContract(stores: () => ContractStores): void {
	const DEVICE = 'dev_1' as DeviceId
	let tenantId: TenantId
	let accountId: AccountId

	beforeAll(async () => {
		tenantId = (await stores().tenants.create('calls')).id
		accountId = (await stores().accounts.create(newAccount(tenantId, { attributes: DEFAULT_ATTRIBUTES }))).id
	})

	async function begun(fields: Partial<Call> = {}): Promise<Call> {
		const call = newCall(tenantId, accountId, fields)
		await stores().calls.begin(call)
		return call
	}

	describe('a call', () => {
		it('is recorded once, exactly', async () => {
			const call = await begun({ startedAtMs: 1_700_000_000_000.123, fromDisplayName: 'Alice' })
			await stores().calls.begin({ ...call, fromUri: 'sip:changed@example' })
			expect(await stores().calls.find(tenantId, call.id)).toEqual(call)
		})

		it('is recorded whatever the caller put into its names', async () => {
			const call = await begun({ fromDisplayName: 'a\0b\uD800c\x1b', fromUri: 'sip:\0@example' })
			const kept = { ...call, fromDisplayName: 'a\uFFFDb\uFFFDc\uFFFD', fromUri: 'sip:\uFFFD@example' }
			expect(await stores().calls.find(tenantId, call.id)).toEqual(kept)
			const event: CallEvent = { callId: call.id, atMs: 1, kind: 'failed', detail: { reason: 'x\0\uDC00' } }
			await stores().calls.append([event])
			expect(await stores().calls.timeline(tenantId, call.id)).toEqual([
				{ ...event, detail: { reason: 'x\uFFFD\uFFFD' } },
			])
		})

		it('is answered and ends', async () => {
			const { calls } = stores()
			const call = await begun()
			await calls.answered(tenantId, call.id, 5.5, DEVICE)
			const answered = { ...call, answeredAtMs: 5.5, answeredBy: DEVICE }
			expect(await calls.find(tenantId, call.id)).toEqual(answered)
			const end = { endedAtMs: 9, outcome: 'answered' as const, finalStatus: 200 }
			await calls.end(tenantId, call.id, end)
			expect(await calls.find(tenantId, call.id)).toEqual({ ...answered, ...end })
		})

		it('takes the answer from its end as well', async () => {
			const call = await begun()
			const end = { endedAtMs: 9, outcome: 'answered' as const, finalStatus: 200, answeredAtMs: 4, answeredBy: DEVICE }
			await stores().calls.end(tenantId, call.id, end)
			expect(await stores().calls.find(tenantId, call.id)).toEqual({ ...call, ...end })
		})

		it('is out of reach for another tenant', async () => {
			const other = (await stores().tenants.create('other')).id
			const call = await begun()
			expect(await stores().calls.find(other, call.id)).toBeUndefined()
			expect((await stores().calls.list(other, {}, { limit: 10 })).items).toEqual([])
		})
	})

	describe('calls of a process that is gone', () => {
		it('are closed by what they had come to, and say so', async () => {
			const { calls } = stores()
			await calls.closeAbandoned(1)
			const [held, talking, outgoing, over] = [
				await begun({ startedAtMs: 1000 }),
				await begun({ startedAtMs: 1000, answeredAtMs: 1500 }),
				await begun({ startedAtMs: 1000, direction: 'outgoing' }),
				await begun({ startedAtMs: 1000, endedAtMs: 1100, outcome: 'declined' }),
			]
			for (let n = 0; n < 600; n++) await begun({ startedAtMs: 1000 })
			expect(await calls.closeAbandoned(2000)).toBe(603)
			expect(await calls.closeAbandoned(3000)).toBe(0)
			const outcome = async ({ id }: Call) => {
				const call = await calls.find(tenantId, id)
				return [call?.outcome, call?.endedAtMs]
			}
			expect(await outcome(held)).toEqual(['missed', 2000])
			expect(await outcome(talking)).toEqual(['answered', 2000])
			expect(await outcome(outgoing)).toEqual(['failed', 2000])
			expect(await outcome(over)).toEqual(['declined', 1100])
			expect(await calls.timeline(tenantId, held.id)).toMatchObject([
				{ kind: 'ended', atMs: 2000, detail: { cause: 'service-ended', outcome: 'missed' } },
			])
		})
	})

	describe('the timeline of a call', () => {
		it('is ordered by time to the microsecond, and by arrival where times are equal', async () => {
			const { calls } = stores()
			const { id: callId } = await begun()
			const at = (atMs: number, kind: CallEvent['kind']): CallEvent => ({ callId, atMs, kind })
			await calls.append([at(10.003, 'push.sent'), at(10.001, 'invite.received'), at(10.002, 'push.queued')])
			await calls.append([at(10.003, 'push.accepted'), at(10.0025, 'ringing')])
			expect(await calls.timeline(tenantId, callId)).toEqual([
				at(10.001, 'invite.received'),
				at(10.002, 'push.queued'),
				at(10.0025, 'ringing'),
				at(10.003, 'push.sent'),
				at(10.003, 'push.accepted'),
			])
		})

		it('gives details back as they were', async () => {
			const { calls } = stores()
			const { id: callId } = await begun()
			const detail = { status: 410, 'provider reason': 'Unregistered', snake_case: true, text: '"\\\u2028' }
			const event: CallEvent = { callId, atMs: 1_700_000_000_000.125, kind: 'push.refused', deviceId: DEVICE, detail }
			await calls.append([event, { callId: 'call_other' as CallId, atMs: 1, kind: 'ended' }])
			await calls.append([])
			expect(await calls.timeline(tenantId, callId)).toEqual([event])
		})

		it('keeps epoch times apart that differ by a microsecond', async () => {
			const { calls } = stores()
			const { id: callId } = await begun()
			const times = [0, 1, 2, 3].map((step) => 1_800_000_000_000 + step / 1000)
			await calls.append(times.toReversed().map((atMs) => ({ callId, atMs, kind: 'ringing' as const })))
			expect((await calls.timeline(tenantId, callId)).map((event) => event.atMs)).toEqual(times)
		})
	})

	describe('listing calls', () => {
		it('pages newest first, also through calls of the same instant', async () => {
			const tenant = (await stores().tenants.create('listed')).id
			const made = [5, 1, 3, 3, 3, 2, 4].map((startedAtMs) => newCall(tenant, accountId, { startedAtMs }))
			for (const call of made) await stores().calls.begin(call)
			const seen: Call[] = []
			let cursor: string | undefined
			do {
				const page = await stores().calls.list(tenant, {}, { limit: 2, ...(cursor && { cursor }) })
				seen.push(...page.items)
				cursor = page.nextCursor
			} while (cursor)
			expect(seen.map((call) => call.startedAtMs)).toEqual([5, 4, 3, 3, 3, 2, 1])
			expect(new Set(seen.map((call) => call.id)).size).toBe(made.length)
		})

		it('filters by account, outcome and direction', async () => {
			const tenant = (await stores().tenants.create('filtered')).id
			const [one, two] = ['acc_1' as AccountId, 'acc_2' as AccountId]
			const missed = newCall(tenant, one, { outcome: 'missed' })
			const answered = newCall(tenant, one, { outcome: 'answered' })
			const other = newCall(tenant, two, { outcome: 'missed' })
			const placedBy = 'dev_1' as DeviceId
			const outgoing = newCall(tenant, 'acc_3' as AccountId, { direction: 'outgoing', placedBy })
			for (const call of [missed, answered, other, outgoing]) await stores().calls.begin(call)
			const idsOf = async (filter: Parameters<ReturnType<typeof stores>['calls']['list']>[1]) =>
				(await stores().calls.list(tenant, filter, { limit: 10 })).items.map((call) => call.id).toSorted()
			expect(await idsOf({ accountId: one })).toEqual([missed.id, answered.id].toSorted())
			expect(await idsOf({ outcome: 'missed' })).toEqual([missed.id, other.id].toSorted())
			expect(await idsOf({ accountId: one, outcome: 'missed' })).toEqual([missed.id])
			expect(await idsOf({ direction: 'outgoing' })).toEqual([outgoing.id])
			expect(await stores().calls.find(tenant, outgoing.id)).toEqual(outgoing)
		})
	})

	describe('a filter of calls', () => {
		it('goes by the caller, the Call-ID and the time, alone and together', async () => {
			const tenant = (await stores().tenants.create('searched')).id
			const long = `sip:${'x'.repeat(9000)}@pbx.example`
			const made = [
				newCall(tenant, accountId, { startedAtMs: 1000, fromUri: 'sip:bob@pbx.example', sipCallId: 'first' }),
				newCall(tenant, accountId, { startedAtMs: 2000, fromUri: long, sipCallId: 'y'.repeat(9000) }),
				newCall(tenant, accountId, { startedAtMs: 3000, fromUri: 'sip:bob@pbx.example', outcome: 'missed' }),
			] as const
			for (const call of made) await stores().calls.begin(call)
			const [first, second, third] = made.map(({ id }) => id)
			const idsOf = async (filter: CallFilter) =>
				(await stores().calls.list(tenant, filter, { limit: 10 })).items.map((call) => call.id)
			expect(await idsOf({ fromUri: 'sip:bob@pbx.example' })).toEqual([third, first])
			expect(await idsOf({ fromUri: long })).toEqual([second])
			expect(await idsOf({ sipCallId: 'y'.repeat(9000) })).toEqual([second])
			expect(await idsOf({ sipCallId: 'first', fromUri: 'sip:somebody@pbx.example' })).toEqual([])
			expect(await idsOf({ startedFromMs: 2000 })).toEqual([third, second])
			expect(await idsOf({ startedBeforeMs: 2000 })).toEqual([first])
			expect(await idsOf({ fromUri: 'sip:bob@pbx.example', accountId, outcome: 'missed', startedFromMs: 1 })).toEqual([
				third,
			])
			expect(await idsOf({ accountId: 'acc_none' as AccountId, fromUri: long })).toEqual([])
		})
	})

	describe('missed calls', () => {
		it('are told to each device of the line until it has seen them', async () => {
			const { calls, devices } = stores()
			const [one, two] = [
				await enrolledDevice(devices, newDevice(tenantId, { lines: [accountId] })),
				await enrolledDevice(devices, newDevice(tenantId, { lines: [accountId] })),
			]
			const missed = await begun({ outcome: 'missed', startedAtMs: 2, fromDisplayName: 'Alice' })
			const givenUp = await begun({ outcome: 'cancelled', startedAtMs: 1 })
			for (const outcome of ['answered', 'declined', 'busy', 'failed'] as const) await begun({ outcome })
			for (const outcome of ['missed', 'cancelled'] as const) await begun({ outcome, direction: 'outgoing' })
			await begun()
			const told = [
				{ callId: missed.id, accountId, fromUri: missed.fromUri, fromDisplayName: 'Alice', atMs: 2 },
				{ callId: givenUp.id, accountId, fromUri: givenUp.fromUri, atMs: 1 },
			]
			expect(await calls.unseenMissed(one)).toEqual(told)
			await calls.markSeen(one, [missed.id])
			await calls.markSeen(one, [missed.id, 'call_none' as CallId])
			expect(await calls.unseenMissed(one)).toEqual(told.slice(1))
			expect(await calls.unseenMissed(two)).toEqual(told)
		})

		it('do not reach a line that was added after them', async () => {
			const { calls, devices } = stores()
			await begun({ outcome: 'missed' })
			const late = await enrolledDevice(devices, newDevice(tenantId, { lines: [accountId] }))
			expect(await calls.unseenMissed(late)).toEqual([])
		})
	})
}
