import { PHONE_SDP, TenantClient } from '@vigil/all-in-one'
import { parsePushPayload } from '@vigil/contracts'
import { parseNameAddr } from '@vigil/sip'
import type { ScriptedCaller } from '@vigil/testkit'
import { until } from '@vigil/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { TestWorld } from '../world/test-world.ts'

describe('whose call it is', () => {
	let world: TestWorld
	/** Sends to our Contacts itself, as a SIP server that forks does. */
	let server: ScriptedCaller

	beforeAll(async () => {
		world = await TestWorld.start()
		const port = world.platform.addresses.upstreamPort
		server = await world.newCaller({ server: { host: '127.0.0.1', port, transport: 'udp' } })
	})

	afterAll(() => world?.close())

	async function registered(wakes = true) {
		const account = await world.addAccount()
		const phone = await world.addScriptedPhone(account.id, { wakes })
		await phone.handoff('background')
		return { account, phone, contact: contactOf(account.username) }
	}

	function contactOf(username: string): string {
		const binding = world.registrar.bindings(username).at(-1)
		return binding?.contact ?? ''
	}

	const same = { callId: 'forked-call', fromTag: 'forked-from', seq: 7, toUri: 'sip:group@pbx.test' }

	it('both accounts ring that a server forks one call to', async () => {
		const [one, two] = [await registered(), await registered()]
		const calls = [one, two].map(({ contact }) => server.invite(contact, same))
		const legs = [await one.phone.incoming.next(), await two.phone.incoming.next()]
		await legs[0]?.answer(PHONE_SDP)
		await calls[0]?.answered()
		expect(legs[1]?.isCancelled).toBe(false)
		await calls[1]?.cancel()
		expect((await calls[1]?.final())?.status).toBe(487)
		await calls[0]?.bye()
	})

	it('both lines ring of one app that a server forks one call to', async () => {
		const first = await world.sleepingUser({ user: 'ignore' })
		const second = await world.addAccount()
		const { code } = await world.tenant.client.createEnrolment(second.id)
		const own = new TenantClient(world.platform.addresses.api, first.phone.device.identity.deviceToken)
		await own.request('POST', '/v1/devices/me/lines', { enrolmentCode: code })
		await first.phone.device.handoff('background')
		const contacts = [first.username, second.username].map(contactOf)
		const calls = contacts.map((contact) => server.invite(contact, { ...same, callId: 'two-lines' }))
		await until(() => first.phone.calls.length === 2 && first.phone.calls.every(({ state }) => state === 'ringing'))
		await first.phone.calls[0]?.accept(PHONE_SDP)
		expect(first.phone.calls[1]?.state).toBe('ringing')
		for (const call of calls) await (call.answers > 0 ? call.bye() : call.cancel())
	})

	it('is a merged request while the same one is under way for the account', async () => {
		const { phone, contact } = await registered()
		const options = { ...same, callId: 'merged-call' }
		const call = server.invite(contact, options)
		await phone.incoming.next()
		expect((await server.invite(contact, options).final()).status).toBe(482)
		await call.cancel()
	})

	it('is a new call when a server comes back to the account, though the first one lingers', async () => {
		const { phone, contact } = await registered(false)
		const options = { ...same, callId: 'hunting-call' }
		const first = server.invite(contact, options)
		await until(() => phone.pushes.length === 1)
		await first.cancel()
		expect((await first.final()).status).toBe(487)
		const second = server.invite(contact, options)
		await until(() => phone.pushes.length === 2)
		await second.cancel()
		expect((await second.final()).status).toBe(487)
	})

	it('is a new call while an answered one with the same names is up', async () => {
		const { phone, contact } = await registered()
		const options = { ...same, callId: 'answered-call' }
		const first = server.invite(contact, options)
		await (await phone.incoming.next()).answer(PHONE_SDP)
		await first.answered()
		const second = server.invite(contact, options)
		await (await phone.incoming.next()).answer(PHONE_SDP)
		await second.answered()
		await first.bye()
		await second.bye()
	})

	it('shows the account’s address where the server writes our Contact into To', async () => {
		const { account, phone, contact } = await registered()
		expect(contact).toMatch(/^sip:[a-z2-7]{20}@/)
		const call = server.invite(contact)
		const leg = await phone.incoming.next()
		const address = `sip:${account.username}@${world.domain}`
		expect(parseNameAddr(leg.invite.headers.get('To') ?? '')?.uri).toBe(address)
		expect(parsePushPayload(phone.pushes[0])).toMatchObject({ to: address })
		await leg.answer(PHONE_SDP)
		const response = await call.answered()
		expect(response.headers.get('To')).toContain(contact)
		expect(response.headers.get('Server')).toMatch(/^Vigil\/\d/)
		expect((await leg.dialog.bye()).status).toBe(200)
		expect((await call.dialog.ended()).headers.get('User-Agent')).toMatch(/^Vigil\/\d/)
		expect((await world.recordOf(call, account.id)).to).toBe(address)
		const register = world.registrar.registers.items.at(-1)
		expect(register?.request.headers.get('User-Agent')).toMatch(/^Vigil\/\d/)
	})

	it('is the account’s where its server puts the number or user name in the place of our Contact', async () => {
		const { account, phone, contact } = await registered()
		const [, token = '', hostPort] = /^sip:([^@]+)@(.*)$/.exec(contact) ?? []
		const users = [
			account.username,
			'+4930123456',
			token.toUpperCase(),
			`%${token.charCodeAt(0).toString(16)}${token.slice(1)}`,
		]
		for (const user of users) {
			const call = server.invite(`sip:${user}@${hostPort}`, { toUri: `sip:${account.username}@pbx.test` })
			const leg = await phone.incoming.next()
			leg.reject(486)
			expect((await call.final()).status).toBe(486)
		}
		expect((await server.send('OPTIONS', `sip:${account.username}@${hostPort}`)).status).toBe(200)
	})

	it('is nobody’s where a stranger dials the number or user name', async () => {
		const { account, contact } = await registered()
		const [, hostPort] = contact.split('@')
		const port = world.platform.addresses.upstreamPort
		const stranger = await world.newCaller({
			host: '127.0.0.9',
			server: { host: '127.0.0.1', port, transport: 'udp' },
		})
		const uri = `sip:${account.username}@${hostPort}`
		expect((await stranger.invite(uri).final()).status).toBe(404)
		expect((await stranger.send('OPTIONS', uri)).status).toBe(404)
		expect((await stranger.send('OPTIONS', contact)).status).toBe(200)
	})
})
