import { parseNameAddr, parseUri, parseVia, type SipRequest, topVia } from '@vigil/sip'
import { sampleSdp, until } from '@vigil/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { PASSWORD, TestWorld } from '../world/test-world.ts'

const PRIVATE = /^192\.168\.\d+\.\d+:\d+$/

describe.each(['udp', 'tcp'] as const)('an account with NAT emulation over %s', (transport) => {
	let world: TestWorld

	beforeAll(async () => {
		world = await TestWorld.start({}, { recordRoute: true })
	})

	afterAll(() => world?.close())

	const contactOf = (value: string | undefined) => hostPortOf(parseNameAddr(value ?? '')?.uri ?? '')
	const viaOf = (request: SipRequest) => {
		const via = topVia(request)
		return `${via?.host}:${via?.port}`
	}
	const registersOf = (username: string) => world.registrar.registers.items.filter(({ user }) => user === username)

	it('gives one private address of its own in everything, and one source port', async () => {
		const { username, account, phone } = await world.sleepingUser({
			account: { transport, attributes: { natEmulation: true } },
		})
		const [first] = registersOf(username)
		const own = contactOf(first?.request.headers.get('Contact'))
		expect(own).toMatch(PRIVATE)
		for (const { request, from } of registersOf(username)) {
			expect(contactOf(request.headers.get('Contact'))).toBe(own)
			expect(viaOf(request)).toBe(own)
			expect(topVia(request)?.params.has('rport')).toBe(true)
			expect(from.port).toBe(first?.from.port)
		}
		const call = world.dial(username)
		const response = await call.answered()
		expect(contactOf(response.headers.get('Contact'))).toBe(own)
		// A request of the phone, inside the call: it leaves by the same way and says the same of itself.
		await phone.calls[0]?.hangup()
		const bye = await call.dialog.requests.waitFor(({ method }) => method === 'BYE')
		const vias = bye.headers.all('Via').map((via) => parseVia(via))
		expect(vias.map((via) => `${via?.host}:${via?.port}`)).toContain(own)
		expect(vias.find((via) => `${via?.host}:${via?.port}` === own)?.params.get('rport')).toBe(String(first?.from.port))
		await world.recordOf(call, account.id)
	})

	it('gives the same address after the server told the outer one, and after a new login', async () => {
		const { username, account, phone } = await world.sleepingUser({
			account: { transport, attributes: { natEmulation: true } },
		})
		await phone.device.handoff('foreground', { registered: true })
		await until(() => world.registrar.bindings(username).length === 0)
		await world.tenant.client.request('PATCH', `/v1/accounts/${account.id}`, { password: 'correct horse' })
		await phone.device.handoff('background')
		await until(() => world.registrar.bindings(username).length === 1)
		// One without a Contact asks what is bound.
		const stated = registersOf(username).filter(({ request }) => request.headers.has('Contact'))
		const contacts = stated.map(({ request }) => contactOf(request.headers.get('Contact')))
		expect(new Set(contacts).size).toBe(1)
	})

	it('gives it in the calls that its phone makes', async () => {
		const attributes = { natEmulation: true, registrationMode: 2 }
		const account = await world.addAccount({ transport, attributes })
		const phone = await world.addScriptedPhone(account.id)
		await phone.handoff('background')
		await until(() => world.registrar.bindings(account.username).length === 1)
		const [binding] = world.registrar.bindings(account.username)
		expect(await phone.attach()).toBe(200)
		const callee = world.newUser()
		const uri = `sip:${callee}@${world.domain}`
		const bob = await world.newCaller({ uri, credentials: { username: callee, password: PASSWORD } })
		await bob.register()
		const call = phone.call(uri)
		const leg = await bob.incoming.next()
		const own = hostPortOf(binding?.contact ?? '')
		expect(own).toMatch(PRIVATE)
		expect(contactOf(leg.invite.headers.get('Contact'))).toBe(own)
		await leg.answer(sampleSdp('192.0.2.1', 41_000))
		await call.answered()
		await call.bye()
		const { requests } = leg.dialog
		const [ack, bye] = await Promise.all(
			['ACK', 'BYE'].map((name) => requests.waitFor(({ method }) => method === name)),
		)
		for (const request of [leg.invite, ack, bye]) {
			const vias = request?.headers.all('Via').map((via) => parseVia(via)) ?? []
			expect(vias.map((via) => `${via?.host}:${via?.port}`)).toContain(own)
		}
	})
})

function hostPortOf(uriText: string): string {
	const uri = parseUri(uriText)
	return uri?.scheme === 'sip' ? `${uri.host}:${uri.port}` : ''
}
