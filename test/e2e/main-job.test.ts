import { PHONE_SDP, type SleepingPhone } from '@vigil/all-in-one'
import { type CallNotice, parsePushPayload } from '@vigil/contracts'
import { type SipResponse, tagOf } from '@vigil/sip'
import { type ScriptedCall, until } from '@vigil/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { kindsOf, TestWorld } from '../world/test-world.ts'

/** The whole of it, in the order in which it happens. */
const TIMELINE = [
	'invite.received',
	'push.queued',
	'push.sent',
	'push.accepted',
	'device.attached',
	'invite.forwarded',
	'ringing',
	'answered',
	'ended',
]

describe('the main job', () => {
	let world: TestWorld

	beforeAll(async () => {
		world = await TestWorld.start()
	})

	afterAll(() => world?.close())

	it('wakes the phone, which rings, answers and is hung up on', async () => {
		const { username, account, phone } = await world.sleepingUser({ user: 'ignore' })
		expect(world.registrar.bindings(username)).toHaveLength(1)
		const call = world.dial(username)
		await call.heard(180)
		await callOf(phone, call).accept(PHONE_SDP)
		const response = await call.answered()
		expect(Buffer.from(response.body).toString()).toBe(PHONE_SDP)
		await until(() => phone.calls[0]?.state === 'answered')
		expect((await call.bye()).status).toBe(200)
		await until(() => phone.calls[0]?.end === 'hung-up')

		const record = await world.recordOf(call, account.id, TIMELINE)
		expect(record).toMatchObject({ outcome: 'answered', finalStatus: 200, sipCallId: call.callId })
		expect(record.answeredBy).toBe(phone.device.identity.deviceId)
		expect(kindsOf(record)).toEqual(TIMELINE)
		expect(record.timeline.at(-1)?.detail).toMatchObject({ cause: 'bye', by: 'upstream' })
	})

	it('is known by one id everywhere, and is one phone to the SIP server', async () => {
		const { username, account, phone } = await world.sleepingUser()
		const call = world.dial(username)
		await call.answered()
		await call.bye()
		const record = await world.recordOf(call, account.id)
		const notice = parsePushPayload(phone.pushes[0])
		expect(notice).toMatchObject({
			event: 'call',
			callId: record.id,
			sipCallId: call.callId,
			accountId: account.id,
			from: { uri: 'sip:bob@pbx.test', displayName: 'Bob Caller' },
		})
		expect(phone.calls).toHaveLength(1)
		expect(phone.calls[0]).toMatchObject({ sipCallId: call.callId, callId: record.id })
		expect(toTags(call)).toHaveLength(1)
	})

	it('ends when the phone hangs up', async () => {
		const { username, account, phone } = await world.sleepingUser()
		const call = world.dial(username)
		await call.answered()
		await until(() => phone.calls[0]?.state === 'answered')
		await phone.calls[0]?.hangup()
		await call.dialog.ended()
		const record = await world.recordOf(call, account.id)
		expect(record.timeline.at(-1)).toMatchObject({ kind: 'ended', detail: { cause: 'bye', by: 'device' } })
		expect(phone.calls[0]?.end).toBe('ended-here')
	})

	it('takes a second call straight after the first, awake, and a third asleep again', async () => {
		const { username, account, phone } = await world.sleepingUser()
		const first = await talkAndEnd(world.dial(username))
		expect(phone.device.attachment).toBe('attached')
		const second = await talkAndEnd(world.dial(username))
		await phone.close()
		expect(phone.device.attachment).toBe('detached')
		const third = await talkAndEnd(world.dial(username))

		expect(phone.calls.map(({ sipCallId }) => sipCallId)).toEqual([first, second, third].map(({ callId }) => callId))
		for (const call of [first, second, third]) {
			expect(await world.recordOf(call, account.id)).toMatchObject({ outcome: 'answered' })
		}
		// The second push may be overtaken by the end of its call: the phone was there already.
		const pushed = phone.pushes.map((payload) => (parsePushPayload(payload) as CallNotice).sipCallId)
		expect(pushed).toEqual(expect.arrayContaining([first.callId, third.callId]))
	})

	it('rings for each of two calls at a time', async () => {
		const { username, phone } = await world.sleepingUser({ user: 'ignore' })
		const [one, two] = [world.dial(username), world.dial(username)]
		await Promise.all([one.heard(180), two.heard(180)])
		expect(phone.calls.map(({ sipCallId }) => sipCallId).sort()).toEqual([one.callId, two.callId].sort())
		await callOf(phone, one).accept(PHONE_SDP)
		await callOf(phone, two).decline()
		expect((await one.answered()).status).toBe(200)
		expect((await two.final()).status).toBe(603)
		await one.bye()
	})
})

function toTags(call: ScriptedCall): string[] {
	const tag = ({ headers }: SipResponse) => tagOf(headers.get('To') ?? '') ?? 'none'
	return [...new Set(call.responses.items.filter(({ status }) => status > 100).map(tag))]
}

async function talkAndEnd(call: ScriptedCall): Promise<ScriptedCall> {
	await call.answered()
	await call.bye()
	return call
}

function callOf(phone: SleepingPhone, { callId }: ScriptedCall) {
	const call = phone.device.call(callId)
	if (!call) throw new Error('the phone knows no such call')
	return call
}
