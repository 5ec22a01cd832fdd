import { parseNameAddr, parseUri } from '@vigil/sip'
import { type IncomingCall, type ScriptedCall, type ScriptedCaller, sampleSdp, until } from '@vigil/testkit'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { ScriptedPhone } from '../world/scripted-phone.ts'
import { PASSWORD, TestWorld } from '../world/test-world.ts'
import { WireTap } from '../world/wire-tap.ts'

const SDP = sampleSdp('192.0.2.2', 42_000)
const HELD = SDP.replace('sendrecv', 'sendonly')

/** What the registrar and we say to each other: how the Contact is bound, and how the registrar reaches it (RFC 3261 16.6, 9.1, 17.1.1.3). */
function isBetweenRegistrarAndUs(piece: string, token: string): boolean {
	if (piece.startsWith('REGISTER ') || /^CSeq: *\d+ REGISTER/im.test(piece)) return true
	const [, method = '', user = ''] = /^(\S+) sips?:([^@ ]+)@/.exec(piece) ?? []
	return ['INVITE', 'ACK', 'CANCEL', 'OPTIONS'].includes(method) && user === token
}

describe('the token of a binding', () => {
	let world: TestWorld
	let username: string
	let phone: ScriptedPhone
	let token: string
	let tap: WireTap
	/** What the test itself has the phone say, on its way over TCP to the edge and the worker. */
	let repeatedByPhone: (piece: string) => boolean

	beforeAll(async () => {
		world = await TestWorld.start()
		const account = await world.addAccount({ attributes: { registrationMode: 2, autoSend180: true } })
		username = account.username
		phone = await world.addScriptedPhone(account.id)
		await phone.handoff('background')
		await until(() => world.registrar.bindings(username).length === 1)
		await phone.attach()
		const uri = parseUri(world.registrar.bindings(username)[0]?.contact ?? '')
		token = uri?.scheme === 'sip' ? (uri.user ?? '') : ''
		expect(token).toMatch(/^[a-z2-7]{20}$/)
	})

	beforeEach(() => {
		tap = new WireTap()
		repeatedByPhone = () => false
	})

	afterEach(() => {
		const leaked = tap
			.sipWith(token)
			.filter((piece) => !isBetweenRegistrarAndUs(piece, token) && !repeatedByPhone(piece))
		tap.close()
		expect(leaked).toEqual([])
		expect(JSON.stringify(phone.pushes)).not.toContain(token)
	})

	afterAll(() => world?.close())

	async function ring(call: ScriptedCall): Promise<IncomingCall> {
		return phone.incoming.waitFor(({ callId }) => callId === call.callId)
	}

	/** Hold, refresh and transfer by both ends of a call that is up. */
	async function talk(call: ScriptedCall, far: ScriptedCall['dialog'], near: ScriptedCall['dialog']): Promise<void> {
		for (const [from, to] of [
			[far, near],
			[near, far],
		] as const) {
			to.respondWith('INVITE', 200, SDP)
			expect((await from.reinvite(HELD)).status).toBe(200)
			expect((await from.request('UPDATE')).status).toBe(200)
			expect((await from.request('INFO', { body: 'x' })).status).toBe(200)
			const refer = { headers: [['Refer-To', `<${from.dialog.remoteTarget}>`]] } as const
			expect((await from.request('REFER', refer)).status).toBe(200)
			const notice = {
				headers: [
					['Event', 'refer'],
					['Subscription-State', 'active'],
				] as const,
			}
			expect((await to.request('NOTIFY', notice)).status).toBe(200)
		}
		expect((await call.bye()).status).toBe(200)
	}

	it('reaches no caller, from 180 to BYE, with hold and transfer by both', async () => {
		const call = world.dial(username, { body: SDP })
		await call.heard(180)
		const leg = await ring(call)
		leg.ring(183)
		await call.heard(183)
		await leg.answer(SDP)
		const response = await call.answered()
		expect(parseNameAddr(response.headers.get('Contact') ?? '')?.uri).toMatch(/^sip:[a-z2-7]{20}@/)
		await talk(call, call.dialog, leg.dialog)
	})

	it('reaches no callee of a call that the phone makes', async () => {
		const user = world.newUser()
		const uri = `sip:${user}@${world.domain}`
		const desk = await world.newCaller({ uri, credentials: { username: user, password: PASSWORD } })
		await desk.register()
		const call = phone.call(uri, { body: SDP })
		const leg = await desk.incoming.next()
		leg.ring()
		await leg.answer(SDP)
		await call.answered()
		await talk(call, call.dialog, leg.dialog)
	})

	it.each([486, 302, 485])('is in no refusal (%s), whatever Contact the phone names', async (status) => {
		const call = world.dial(username, { body: SDP })
		const leg = await ring(call)
		// A phone may have been told of the binding (RFC 3261 10.3), and repeat it.
		leg.reject(status, [['Contact', world.registrar.bindings(username)[0]?.contact ?? '']])
		const { headers } = await call.final()
		expect(headers.get('Contact') ?? '').not.toContain(token)
		repeatedByPhone = (piece) => piece.startsWith(`SIP/2.0 ${status} `) && piece.includes('/TCP ')
	})

	describe('that a SIP server writes into what it sends', () => {
		let server: ScriptedCaller

		beforeAll(async () => {
			const port = world.platform.addresses.upstreamPort
			server = await world.newCaller({ server: { host: '127.0.0.1', port, transport: 'udp' } })
		})

		it('reaches no phone', async () => {
			const contact = world.registrar.bindings(username)[0]?.contact ?? ''
			const spelled = contact.replace(token, `%${token.charCodeAt(0).toString(16)}${token.slice(1).toUpperCase()}`)
			const call = server.invite(contact, {
				toUri: `sip:${username}@pbx.test`,
				body: `${SDP}a=contact:${contact}\r\n`,
				headers: [
					['History-Info', `<sip:${username}@pbx.test>;index=1, <${contact}>;index=1.1`],
					['Diversion', `<${spelled}>;reason=unconditional`],
					['X-Contact', contact],
				],
			})
			const leg = await ring(call)
			const text = [...leg.invite.headers].map(({ name, value }) => `${name}: ${value}`).join('\n') + leg.offer
			expect(text.toLowerCase()).not.toContain(token)
			expect(text.toLowerCase()).not.toContain(token.slice(1))
			expect(leg.invite.headers.has('X-Contact')).toBe(true)
			await leg.answer(SDP)
			await call.answered()
			await call.bye()
		})
	})
})
