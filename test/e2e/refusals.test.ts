import { ControlApiError, PHONE_SDP, type SleepingPhone } from '@vigil/all-in-one'
import { DEVICE_STATUS_HEADER, parsePushPayload } from '@vigil/contracts'
import { until } from '@vigil/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { kindsOf, TestWorld } from '../world/test-world.ts'

describe('a call that is not answered', () => {
	let world: TestWorld

	beforeAll(async () => {
		world = await TestWorld.start()
	})

	afterAll(() => world?.close())

	it('is declined by the user', async () => {
		const { username, account, phone } = await world.sleepingUser({ user: 'decline' })
		const call = world.dial(username)
		expect((await call.final()).status).toBe(603)
		expect(await world.recordOf(call, account.id)).toMatchObject({ outcome: 'declined', finalStatus: 603 })
		expect(phone.calls.map(({ end }) => end)).toEqual(['declined'])
	})

	it('meets a busy phone', async () => {
		const { username, account, phone } = await world.sleepingUser({ user: 'ignore' })
		const call = world.dial(username)
		await call.heard(180)
		await phone.calls[0]?.decline(486)
		expect((await call.final()).status).toBe(486)
		expect(await world.recordOf(call, account.id)).toMatchObject({ outcome: 'busy', finalStatus: 486 })
	})

	it.each([
		[404, 404],
		[408, 408],
		[410, 410],
		[430, 430],
		[502, 502],
		[503, 480],
		[504, 504],
	])(
		'is refused by a phone with %i, which is its answer and not the edge’s: the caller gets %i at once',
		async (said, heard) => {
			const account = await world.addAccount()
			const phone = await world.addScriptedPhone(account.id)
			await phone.handoff('background')
			const call = world.dial(account.username)
			const leg = await phone.incoming.next()
			leg.reject(said)
			const response = await call.final()
			expect(response.status).toBe(heard)
			expect([...response.headers].map(({ name }) => name)).not.toContain(DEVICE_STATUS_HEADER)
			const record = await world.recordOf(call, account.id, ['declined', 'ended'])
			expect(record).toMatchObject({ finalStatus: heard })
			expect(kindsOf(record)).not.toContain('failed')
			// It can be woken as before.
			const again = world.dial(account.username)
			;(await phone.incoming.next()).reject(486)
			expect((await again.final()).status).toBe(486)
			await until(() => phone.pushes.length === 2, { what: 'the push for the second call' })
		},
	)

	it('is given up while the phone rings', async () => {
		const { username, account, phone } = await world.sleepingUser({ user: 'ignore' })
		const call = world.dial(username)
		await call.heard(180)
		expect((await call.cancel()).status).toBe(200)
		expect((await call.final()).status).toBe(487)
		await until(() => phone.calls[0]?.end === 'cancelled')
		const record = await world.recordOf(call, account.id, ['cancelled', 'ended'])
		expect(record).toMatchObject({ outcome: 'cancelled', finalStatus: 487 })
	})

	it('is given up while the phone wakes: when it attaches it gets INVITE and CANCEL with the reason', async () => {
		const account = await world.addAccount()
		const phone = await world.addScriptedPhone(account.id, { wakes: false })
		await phone.handoff('background')
		const call = world.dial(account.username)
		await until(() => phone.pushes.length === 1)
		await call.cancel()
		expect((await call.final()).status).toBe(487)
		await phone.attach()
		const leg = await phone.incoming.next()
		expect(leg.callId).toBe(call.callId)
		const cancel = await leg.cancelled()
		expect(cancel.headers.get('Reason')).toMatch(/^SIP;\s*cause=487/)
		const record = await world.recordOf(call, account.id)
		expect(record).toMatchObject({ outcome: 'cancelled', finalStatus: 487 })
		expect(kindsOf(record)).not.toContain('answered')
		expect(phone.pushes).toHaveLength(1)
	})

	it('is answered at a desk phone: nobody missed it, and every phone hears why it stops', async () => {
		const account = await world.addAccount()
		const [rings, sleeps] = [
			await world.addScriptedPhone(account.id),
			await world.addScriptedPhone(account.id, { wakes: false }),
		]
		for (const phone of [rings, sleeps]) await phone.handoff('background')
		const call = world.dial(account.username)
		const leg = await rings.incoming.next()
		leg.ring()
		await call.heard(180)
		const reason = 'SIP;cause=200;text="Call completed elsewhere"'
		await call.cancel([['Reason', reason]])
		expect((await call.final()).status).toBe(487)
		expect((await leg.cancelled()).headers.get('Reason')).toBe(reason)
		await sleeps.attach()
		expect((await (await sleeps.incoming.next()).cancelled()).headers.get('Reason')).toBe(reason)
		const record = await world.recordOf(call, account.id)
		expect(record).toMatchObject({ outcome: 'answered-elsewhere', finalStatus: 487 })
		const told = record.timeline.find(({ kind }) => kind === 'cancelled')
		expect(told?.detail).toEqual({ reason: 'answered-elsewhere', reasonHeader: reason })
		expect((await sleeps.handoff('background')).missedCalls).toEqual([])
	})

	it('ends with 487 when the time is over that the caller gave it', async () => {
		const account = await world.addAccount()
		const phone = await world.addScriptedPhone(account.id)
		await phone.handoff('background')
		const call = world.dial(account.username, { headers: [['Expires', '2']] })
		const leg = await phone.incoming.next()
		leg.ring()
		expect(Number(leg.invite.headers.get('Expires'))).toBeLessThanOrEqual(2)
		await leg.cancelled()
		expect((await call.final()).status).toBe(487)
		expect(await world.recordOf(call, account.id)).toMatchObject({ outcome: 'missed', finalStatus: 487 })
	})

	it('passes the reason of a phone’s refusal on to the caller', async () => {
		const account = await world.addAccount()
		const phone = await world.addScriptedPhone(account.id)
		await phone.handoff('background')
		const call = world.dial(account.username)
		const reason = ['Reason', 'Q.850;cause=21;text="call rejected"'] as const
		const leg = await phone.incoming.next()
		leg.reject(403, [reason])
		expect((await call.final()).headers.get('Reason')).toBe(reason[1])
		const record = await world.recordOf(call, account.id)
		expect(record.timeline.find(({ kind }) => kind === 'declined')?.detail).toMatchObject({ reasonHeader: reason[1] })
	})

	it('passes the reason of a BYE from either side on to the other, and into the record', async () => {
		const account = await world.addAccount()
		const phone = await world.addScriptedPhone(account.id)
		await phone.handoff('background')
		for (const side of ['upstream', 'device'] as const) {
			const call = world.dial(account.username)
			const leg = await phone.incoming.next()
			await leg.answer(PHONE_SDP)
			await call.answered()
			const [ends, hears] = side === 'upstream' ? [call.dialog, leg.dialog] : [leg.dialog, call.dialog]
			const reasons = ['SIP;cause=200;text="Moved on"', 'Q.850;cause=16']
			await ends.request('BYE', { headers: reasons.map((value) => ['Reason', value] as const) })
			expect((await hears.ended()).headers.all('Reason')).toEqual(reasons)
			const { timeline } = await world.recordOf(call, account.id)
			const ended = timeline.find(({ kind }) => kind === 'ended')
			expect(ended?.detail).toEqual({ cause: 'bye', by: side, reasonHeader: reasons.join(', ') })
		}
	})

	it('shows as ended in the app that attaches too late, and as missed once', async () => {
		const { username, phone } = await world.sleepingUser({ wakes: false, user: 'ignore' })
		const call = world.dial(username)
		await until(() => phone.pushes.length === 1)
		await call.cancel()
		await call.final()
		phone.device.receivePush(phone.pushes[0])
		expect(phone.calls[0]?.state).toBe('announced')
		await phone.device.attach()
		await until(() => phone.calls[0]?.end === 'cancelled')
		expect(phone.calls).toHaveLength(1)
		const [first, second] = [await phone.device.handoff('background'), await phone.device.handoff('background')]
		expect(first.missedCalls).toHaveLength(1)
		expect(second.missedCalls).toEqual([])
	})

	it('ends with 480 when nobody wakes, and is missed once', async () => {
		const { username, account, phone } = await world.sleepingUser({ wakes: false })
		const call = world.dial(username)
		expect((await call.final()).status).toBe(480)
		const record = await world.recordOf(call, account.id, ['wake.timeout', 'ended'])
		expect(record).toMatchObject({ outcome: 'missed', finalStatus: 480 })
		const back = await phone.device.handoff('foreground', { registered: true })
		expect(back.missedCalls).toMatchObject([
			{ callId: record.id, accountId: account.id, from: { uri: 'sip:bob@pbx.test', displayName: 'Bob Caller' } },
		])
		expect((await phone.device.handoff('foreground', { registered: true })).missedCalls).toEqual([])
	})

	it('is declined through the API without attaching', async () => {
		const { username, account, phone } = await world.sleepingUser({ wakes: false })
		const call = world.dial(username)
		await until(() => phone.pushes.length === 1)
		phone.device.receivePush(phone.pushes[0])
		await phone.calls[0]?.decline()
		expect((await call.final()).status).toBe(603)
		expect(await world.recordOf(call, account.id)).toMatchObject({ outcome: 'declined', finalStatus: 603 })
		expect(phone.device.attachment).toBe('detached')
	})

	it('can be declined only while it waits, and only by a device of the line', async () => {
		const { username, account, phone } = await world.sleepingUser({ wakes: false })
		const stranger = await world.addScriptedPhone((await world.addAccount()).id)
		const own = await world.addScriptedPhone(account.id, { wakes: false })
		const call = world.dial(username)
		const callId = await until(() => callIdOf(phone))
		// A push may overtake the record of its call; the SDK tries again then.
		await until(async () => (await world.tenant.client.calls(account.id)).length === 1)
		const decline = `/v1/calls/${callId}/decline`
		await expect(stranger.api.request('POST', decline)).rejects.toMatchObject({ status: 404 })
		await own.api.request('POST', decline)
		expect((await call.final()).status).toBe(603)
		await world.recordOf(call, account.id)
		const again = own.api.request('POST', decline)
		await expect(again).rejects.toBeInstanceOf(ControlApiError)
		await expect(again).rejects.toMatchObject({ status: 409 })
	})
})

function callIdOf(phone: SleepingPhone): string | undefined {
	const notice = parsePushPayload(phone.pushes[0])
	return notice?.event === 'call' ? notice.callId : undefined
}
