import type { AccountView } from '@vigil/contracts'
import { tagOf } from '@vigil/sip'
import { type IncomingCall, type ScriptedCaller, sampleSdp, until } from '@vigil/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ScriptedPhone } from '../world/scripted-phone.ts'
import { kindsOf, PASSWORD, TestWorld } from '../world/test-world.ts'

const PHONES_OFFER = sampleSdp('192.0.2.2', 42_000)
const BOBS_ANSWER = sampleSdp('192.0.2.1', 41_000)
const USER = /^<sip:[a-z2-7]{20}@/
const CONTINUOUS = { attributes: { registrationMode: 2 } } as const

let world: TestWorld
let bob: ScriptedCaller
let dialled: string

beforeAll(async () => {
	world = await TestWorld.start({}, { challengeCalls: true, recordRoute: true })
	const username = world.newUser()
	dialled = `sip:${username}@${world.domain}`
	bob = await world.newCaller({ uri: dialled, credentials: { username, password: PASSWORD } })
	await bob.register()
})

afterAll(() => world?.close())

type AccountOptions = Parameters<TestWorld['addAccount']>[0]

interface Line {
	readonly account: AccountView
	readonly phone: ScriptedPhone
}

async function attachedPhone(options: AccountOptions = CONTINUOUS, transport: 'tcp' | 'udp' = 'tcp'): Promise<Line> {
	const account = await world.addAccount(options)
	const phone = await world.addScriptedPhone(account.id, { transport })
	await phone.handoff('background')
	await until(() => world.registrar.bindings(account.username).length === 1, { what: 'the binding of the account' })
	expect(await phone.attach()).toBe(200)
	return { account, phone }
}

async function heardBy(callee: ScriptedCaller, from: AccountView): Promise<IncomingCall> {
	return callee.incoming.waitFor(({ invite }) => (invite.headers.get('From') ?? '').includes(`sip:${from.username}@`))
}

function recordsOf({ id }: AccountView) {
	return until(async () => {
		const [call] = await world.tenant.client.calls(id)
		return call?.outcome === undefined ? undefined : world.tenant.client.call(call.id)
	})
}

describe.each(['tcp', 'udp'] as const)('a phone that attached by %s calls', (transport) => {
	it('as its account, whose credential answers the server for INVITE and re-INVITE', async () => {
		const { account, phone } = await attachedPhone(CONTINUOUS, transport)
		const registers = world.registrar.registers.items.length
		const [binding] = world.registrar.bindings(account.username)
		const call = phone.call(dialled, { body: PHONES_OFFER, headers: [['X-Unheard-Of', 'kept']] })
		const leg = await heardBy(bob, account)
		expect(leg.offer).toBe(PHONES_OFFER)
		expect(leg.invite.headers.get('X-Unheard-Of')).toBe('kept')
		// At the place of the binding, by another name.
		const [bound, contact] = [`<${binding?.contact}>`, leg.invite.headers.get('Contact')]
		expect(contact).not.toBe(bound)
		expect(contact?.replace(USER, '')).toBe(bound.replace(USER, ''))
		expect(leg.invite.headers.has('P-Asserted-Identity')).toBe(false)
		expect(leg.callId).not.toBe(call.callId)
		leg.ring(180)
		await call.heard(180)
		await leg.answer(BOBS_ANSWER)
		expect(Buffer.from((await call.answered()).body).toString()).toBe(BOBS_ANSWER)

		const moved = sampleSdp('192.0.2.2', 42_002)
		expect((await call.dialog.reinvite(moved)).status).toBe(200)
		const again = await leg.dialog.requests.waitFor(({ method }) => method === 'INVITE')
		expect(Buffer.from(again.body).toString()).toBe(moved)
		expect((await call.dialog.request('INFO', { body: 'from the phone' })).status).toBe(200)
		expect((await leg.dialog.request('UPDATE')).status).toBe(200)
		expect((await leg.dialog.request('REFER', { headers: [['Refer-To', '<sip:carol@pbx.test>']] })).status).toBe(200)
		expect((await leg.dialog.bye()).status).toBe(200)
		await call.dialog.ended()

		const record = await recordsOf(account)
		expect(record).toMatchObject({
			direction: 'outgoing',
			outcome: 'answered',
			placedBy: phone.identity.deviceId,
			to: dialled,
			sipCallId: leg.callId,
		})
		expect(record.answeredBy).toBeUndefined()
		expect(record.timeline.at(-1)?.detail).toMatchObject({ cause: 'bye', by: 'upstream' })
		expect(kindsOf(record)).toEqual(
			expect.arrayContaining(['invite.received', 'invite.forwarded', 'ringing', 'answered']),
		)
		expect(world.registrar.registers.items.length).toBe(registers)
	})
})

describe('a call that a phone makes', () => {
	let line: Line

	beforeAll(async () => {
		line = await attachedPhone()
	})

	it('takes early media and reliable provisional responses through', async () => {
		const call = line.phone.call(dialled, { prack: true })
		const leg = await heardBy(bob, line.account)
		await leg.ringReliably(183)
		await leg.answer(BOBS_ANSWER)
		await call.answered()
		expect((await call.bye()).status).toBe(200)
		await leg.dialog.ended()
	})

	it('rings at several ends, each in an early dialog of its own; one answers', async () => {
		const username = world.newUser()
		const uri = `sip:${username}@${world.domain}`
		const ends = await Promise.all(
			['one', 'two'].map(() => world.newCaller({ uri, credentials: { username, password: PASSWORD } })),
		)
		for (const end of ends) await end.register()
		const { account, phone } = await attachedPhone()
		const call = phone.call(uri, { prack: true, body: PHONES_OFFER })
		const [first, second] = await Promise.all(ends.map((end) => heardBy(end, account)))
		if (!first || !second) throw new Error('the ends do not ring')
		await Promise.all([first.ringReliably(183), second.ringReliably(180)])
		expect((await second.dialog.request('UPDATE')).status).toBe(200)
		const tags = call.responses.items.map(({ headers }) => tagOf(headers.get('To') ?? ''))
		expect(new Set(tags.filter((tag) => tag !== undefined)).size).toBe(2)
		await second.answer(BOBS_ANSWER)
		expect(Buffer.from((await call.answered()).body).toString()).toBe(BOBS_ANSWER)
		await first.cancelled()
		expect((await call.dialog.request('INFO', { body: 'hello' })).status).toBe(200)
		await second.dialog.requests.waitFor(({ method }) => method === 'INFO')
		expect((await call.bye()).status).toBe(200)
		await second.dialog.ended()
	})

	it('goes on over another connection, when the phone has changed its network', async () => {
		const { account, phone } = await attachedPhone()
		const call = phone.call(dialled)
		const leg = await heardBy(bob, account)
		await leg.answer(BOBS_ANSWER)
		await call.answered()
		phone.loseNetwork()
		expect(await phone.attach()).toBe(200)
		expect((await leg.dialog.request('INFO', { body: 'still there?' })).status).toBe(200)
		await call.dialog.requests.waitFor(({ method }) => method === 'INFO')
		expect((await call.bye()).status).toBe(200)
		await leg.dialog.ended()
	})

	it('is cancelled by the phone', async () => {
		const { account, phone } = await attachedPhone()
		const call = phone.call(dialled)
		const leg = await heardBy(bob, account)
		leg.ring(180)
		await call.heard(180)
		expect((await call.cancel()).status).toBe(200)
		await leg.cancelled()
		expect((await call.final()).status).toBe(487)
		expect(await recordsOf(account)).toMatchObject({ outcome: 'cancelled', finalStatus: 487 })
		const { missedCalls, pendingCalls } = await phone.handoff('foreground')
		expect([missedCalls, pendingCalls]).toEqual([[], []])
	})

	it.each([
		[486, 486, 'busy'],
		[302, 302, 'failed'],
		[503, 500, 'failed'],
	])('hears a refusal of the other end with its reason: %i as %i', async (status, heard, outcome) => {
		const { account, phone } = await attachedPhone()
		const call = phone.call(dialled)
		const leg = await heardBy(bob, account)
		leg.reject(status, [['Reason', 'Q.850;cause=17']])
		const final = await call.final()
		expect(final.status).toBe(heard)
		expect(final.headers.all('Reason')).toContain('Q.850;cause=17')
		expect(await recordsOf(account)).toMatchObject({ outcome })
	})

	it('is refused, and no challenge reaches the phone, when the account has a wrong password', async () => {
		const { account, phone } = await attachedPhone()
		world.registrar.setUser(account.username, 'another one')
		const final = await phone.call(dialled).final()
		expect(final.status).toBe(403)
		expect(final.headers.has('Proxy-Authenticate')).toBe(false)
		expect(final.headers.get('Reason')).toMatch(/^SIP;cause=407/)
	})

	it.each([['P-Preferred-Identity', '<sip:boss@pbx.test>', 'sip:boss@pbx.test is not a line of this device']])(
		'goes out by none but a line of the device (%s)',
		async (name, value, text) => {
			const final = await line.phone.call(dialled, { headers: [[name, value]] }).final()
			expect(final.status).toBe(403)
			expect(final.headers.get('Warning')).toContain(text)
		},
	)

	it('is refused where the device registers by itself', async () => {
		const { phone } = await attachedPhone({})
		const final = await phone.call(dialled).final()
		expect([final.status, final.reason]).toEqual([403, 'Not in Continuous Mode'])
	})

	it('finds a bound to how many there are at a time', async () => {
		const { phone } = await attachedPhone()
		const calls = Array.from({ length: 4 }, () => phone.call(dialled))
		for (const call of calls) await call.heard(100)
		const final = await phone.call(dialled).final()
		expect([final.status, final.reason]).toEqual([480, 'Too Many Calls at Once'])
		for (const call of calls) expect((await call.cancel()).status).toBe(200)
		for (const call of calls) expect((await call.final()).status).toBe(487)
	})
})

describe('an app that calls by the SDK', () => {
	async function app() {
		const account = await world.addAccount(CONTINUOUS)
		const { device } = await world.addPhone(account.id)
		await device.handoff('background')
		await device.attach()
		return { account, device }
	}

	it('hears the answer, and hangs up', async () => {
		const { account, device } = await app()
		const call = device.dial(dialled, { offer: PHONES_OFFER })
		const leg = await heardBy(bob, account)
		expect(leg.offer).toBe(PHONES_OFFER)
		leg.ring(180)
		await until(() => call.state === 'ringing')
		await leg.answer(BOBS_ANSWER)
		await until(() => call.state === 'answered')
		expect(call.answer).toBe(BOBS_ANSWER)
		await call.hangup()
		await leg.dialog.ended()
		expect([call.state, call.end]).toEqual(['ended', 'ended-here'])
	})

	it('is hung up', async () => {
		const { account, device } = await app()
		const call = device.dial(dialled.replace(/^sip:/, '').replace(/@.*/, ''), { offer: PHONES_OFFER })
		const leg = await heardBy(bob, account)
		await leg.answer(BOBS_ANSWER)
		await until(() => call.state === 'answered')
		expect((await leg.dialog.bye()).status).toBe(200)
		await until(() => call.end === 'hung-up')
	})

	it('gives up while it rings, and hears why it is refused', async () => {
		const { account, device } = await app()
		const given = device.dial(dialled, { offer: PHONES_OFFER })
		const leg = await heardBy(bob, account)
		leg.ring(180)
		await until(() => given.state === 'ringing')
		await given.hangup()
		await leg.cancelled()
		await until(() => given.end === 'ended-here')

		const nobody = device.dial(`sip:nobody@${world.domain}`, { offer: PHONES_OFFER })
		await until(() => nobody.end === 'refused')
		expect(nobody.refusal).toMatchObject({ status: 404 })
	})
})
