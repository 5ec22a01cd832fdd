import { type IncomingCall, type ScriptedCall, sampleSdp } from '@vigil/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ScriptedPhone } from '../world/scripted-phone.ts'
import { TestWorld } from '../world/test-world.ts'

const CALLERS_OFFER = sampleSdp('192.0.2.1', 41_000)
const PHONES_ANSWER = sampleSdp('192.0.2.2', 42_000)

let world: TestWorld

beforeAll(async () => {
	world = await TestWorld.start()
})

afterAll(() => world?.close())

describe.each(['tcp', 'udp'] as const)('talking to a phone that attached by %s', (transport) => {
	let phone: ScriptedPhone
	let username: string

	beforeAll(async () => {
		const account = await world.addAccount()
		username = account.username
		phone = await world.addScriptedPhone(account.id, { transport })
		await phone.handoff('background')
	})

	async function talk(): Promise<{ call: ScriptedCall; leg: IncomingCall }> {
		const call = world.dial(username, {
			body: CALLERS_OFFER,
			headers: [
				['X-Unheard-Of', 'first, with a comma'],
				['x-unheard-of', 'second'],
				['Subject', 'lunch'],
			],
		})
		const leg = await phone.incoming.waitFor(({ callId }) => callId === call.callId)
		leg.ring(180, [['X-Phone-Says', 'ringing']])
		await call.heard(180)
		await leg.answer(PHONES_ANSWER)
		await call.answered()
		return { call, leg }
	}

	it('leaves SDP and unknown header fields as they are, both ways', async () => {
		const { call, leg } = await talk()
		expect(leg.offer).toBe(CALLERS_OFFER)
		expect(leg.invite.headers.all('X-Unheard-Of')).toEqual(['first, with a comma', 'second'])
		expect(leg.invite.headers.get('Subject')).toBe('lunch')
		expect(leg.invite.headers.all('X-Push-ID')).toEqual([call.callId])
		expect((await call.heard(180)).headers.get('X-Phone-Says')).toBe('ringing')
		expect(Buffer.from((await call.answered()).body).toString()).toBe(PHONES_ANSWER)
		expect((await call.bye()).status).toBe(200)
		await leg.dialog.ended()
	})

	it('passes INFO and re-INVITE of the caller', async () => {
		const { call, leg } = await talk()
		const info = await call.dialog.request('INFO', {
			headers: [
				['Content-Type', 'application/dtmf-relay'],
				['X-Key', 'pound'],
			],
			body: 'Signal=#\r\nDuration=160\r\n',
		})
		expect(info.status).toBe(200)
		const heard = await leg.dialog.requests.waitFor(({ method }) => method === 'INFO')
		expect(Buffer.from(heard.body).toString()).toBe('Signal=#\r\nDuration=160\r\n')
		expect(heard.headers.get('X-Key')).toBe('pound')

		const held = sampleSdp('192.0.2.1', 41_002)
		const answered = sampleSdp('192.0.2.2', 42_002)
		leg.dialog.respondWith('INVITE', 200, answered)
		const response = await call.dialog.reinvite(held)
		expect(Buffer.from(response.body).toString()).toBe(answered)
		const again = await leg.dialog.requests.waitFor(({ method }) => method === 'INVITE')
		expect(Buffer.from(again.body).toString()).toBe(held)
		await leg.dialog.requests.waitFor(({ method, headers }) =>
			isAckOf(method, headers.get('CSeq'), again.headers.get('CSeq')),
		)
		await call.bye()
		await leg.dialog.ended()
	})

	it('passes INFO and re-INVITE of the phone, and its refusals', async () => {
		const { call, leg } = await talk()
		expect((await leg.dialog.request('INFO', { body: 'from the phone' })).status).toBe(200)
		const heard = await call.dialog.requests.waitFor(({ method }) => method === 'INFO')
		expect(Buffer.from(heard.body).toString()).toBe('from the phone')

		const moved = sampleSdp('192.0.2.2', 42_004)
		call.dialog.respondWith('INVITE', 200, CALLERS_OFFER)
		const response = await leg.dialog.reinvite(moved)
		expect(Buffer.from(response.body).toString()).toBe(CALLERS_OFFER)
		call.dialog.respondWith('INVITE', 488)
		expect((await leg.dialog.reinvite(moved)).status).toBe(488)
		expect((await leg.dialog.bye()).status).toBe(200)
		await call.dialog.ended()
	})

	it('acknowledges reliable provisional responses end to end', async () => {
		const call = world.dial(username, { prack: true })
		const leg = await phone.incoming.waitFor(({ callId }) => callId === call.callId)
		await leg.ringReliably(183)
		await leg.answer(PHONES_ANSWER)
		await call.answered()
		await call.bye()
		await leg.dialog.ended()
	})

	it.each(['phone', 'caller'] as const)(
		'hears the outcome of a transfer after the %s that asked for it has hung up',
		async (who) => {
			const { call, leg } = await talk()
			const [refers, transfers] = who === 'phone' ? [leg.dialog, call.dialog] : [call.dialog, leg.dialog]
			const refer = await refers.request('REFER', { headers: [['Refer-To', '<sip:carol@pbx.test>']] })
			expect(refer.status).toBe(200)
			await refers.bye()
			await transfers.ended()
			const notify = (state: string) =>
				transfers.request('NOTIFY', {
					headers: [
						['Event', 'refer'],
						['Subscription-State', state],
						['Content-Type', 'message/sipfrag'],
					],
					body: 'SIP/2.0 200 OK\r\n',
				})
			expect((await notify('active;expires=60')).status).toBe(200)
			expect((await notify('terminated;reason=noresource')).status).toBe(200)
			expect((await notify('active')).status).toBe(481)
		},
	)

	it('takes an INVITE without an offer: the phone offers, the ACK answers', async () => {
		const call = world.dial(username, { body: '', ackBody: CALLERS_OFFER })
		const leg = await phone.incoming.waitFor(({ callId }) => callId === call.callId)
		expect(leg.offer).toBe('')
		const ack = await leg.answer(PHONES_ANSWER)
		expect(Buffer.from(ack.body).toString()).toBe(CALLERS_OFFER)
		await call.bye()
		await leg.dialog.ended()
	})
})

function isAckOf(method: string, cseq: string | undefined, invitesCSeq: string | undefined): boolean {
	return method === 'ACK' && cseq === invitesCSeq?.replace('INVITE', 'ACK')
}
