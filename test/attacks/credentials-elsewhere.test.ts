import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import type { AccountRegistration, Problem } from '@vigil/contracts'
import { until } from '@vigil/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { PASSWORD, type SleepingUser, TestWorld } from '../world/test-world.ts'
import { RawCaller } from './inside/raw-caller.ts'

/** Asks everybody for an MD5 answer, and keeps what it gets: a dictionary does the rest. */
class Collector {
	readonly messages: string[] = []
	readonly #socket: Socket

	private constructor(socket: Socket, realm: string) {
		this.#socket = socket
		socket.on('message', (bytes, { port, address }) => {
			const text = bytes.toString('latin1')
			this.messages.push(text)
			const fields = text.split('\r\n').filter((line) => /^(Via|From|To|Call-ID|CSeq):/i.test(line))
			const challenge = `WWW-Authenticate: Digest realm="${realm}", nonce="n", algorithm=MD5, qop="auth"`
			const response = ['SIP/2.0 401 Unauthorized', ...fields, challenge, 'Content-Length: 0', '', ''].join('\r\n')
			socket.send(response, port, address)
		})
	}

	static async start(host = '127.0.0.1', realm = 'pbx.test'): Promise<Collector> {
		const socket = createSocket('udp4').bind(0, host)
		await once(socket, 'listening')
		return new Collector(socket, realm)
	}

	get hostPort(): string {
		const { address, port } = this.#socket.address()
		return `${address}:${port}`
	}

	async close(): Promise<void> {
		this.#socket.close()
		await once(this.#socket, 'close')
	}
}

describe('whoever has an API key but not the SIP password', () => {
	let world: TestWorld
	let collector: Collector
	let user: SleepingUser

	beforeAll(async () => {
		world = await TestWorld.start()
		collector = await Collector.start()
		user = await world.sleepingUser()
	})

	afterAll(async () => {
		await collector?.close()
		await world?.close()
	})

	const request = (method: string, path: string, body: object) =>
		fetch(`${world.platform.addresses.api}/v1/accounts/${user.account.id}${path}`, {
			method,
			headers: { authorization: `Bearer ${world.tenant.apiKey}`, 'content-type': 'application/json' },
			body: JSON.stringify(body),
		})

	it.each([
		['PATCH', '', () => ({ attributes: { outboundProxy: collector.hostPort } })],
		['PATCH', '', () => ({ domain: collector.hostPort })],
		['PATCH', '', () => ({ transport: 'tcp' })],
		['PUT', '/attributes', () => ({ 'account1Sip.briaPush.OutboundProxy': collector.hostPort })],
		['PUT', '/attributes', () => ({ 'account1.credentials.domain': collector.hostPort })],
	])('gets no answer of it by %s %s', async (method, path, change) => {
		const response = await request(method, path, change())
		const problem = (await response.json()) as Problem
		expect([response.status, problem.errors]).toMatchObject([422, [{ rule: 'credential_again' }]])
	})

	it('sees nothing at the server of its choice, and the account stays where it was', async () => {
		const changed = await request('PATCH', '', { attributes: { registrationRefreshSeconds: 300 } })
		expect(changed.status).toBe(200)
		await until(() => world.registrar.registers.items.some(({ contacts }) => contacts[0]?.expiresSeconds === 300))
		const url = `${world.platform.addresses.api}/v1/accounts/${user.account.id}/registration`
		const shown = (await (
			await fetch(url, { headers: { authorization: `Bearer ${world.tenant.apiKey}` } })
		).json()) as AccountRegistration
		expect(shown.registration.state).toBe('registered')
		expect(collector.messages).toEqual([])
	})

	it('whoever knows it may move the account', async () => {
		const change = { attributes: { outboundProxy: collector.hostPort }, password: PASSWORD }
		expect((await request('PATCH', '', change)).status).toBe(200)
		await until(() => collector.messages.length > 0)
	})
})

describe('a credential', () => {
	let world: TestWorld
	const closing: (() => unknown)[] = []

	beforeAll(async () => {
		world = await TestWorld.start()
	})

	afterAll(async () => {
		for (const close of closing.reverse()) await close()
		await world?.close()
	})

	/** Another host than the SIP server's. */
	const ELSEWHERE = '127.66.0.2'

	it('is not answered where a redirect leads out of the domain, in a realm that is not the own server’s', async () => {
		const collector = await Collector.start(ELSEWHERE, 'collect.example')
		closing.push(() => collector.close())
		const username = world.newUser()
		const contact = [['Contact', `<sip:${collector.hostPort}>`]] as const
		world.registrar.reactTo(username, { kind: 'refuse', status: 302, headers: contact })
		const { id } = await world.addAccount({ username })
		const phone = await world.addPhone(id)
		void phone.device.handoff('background').catch(() => {})
		const { registration } = await until(async () => {
			const shown = await world.tenant.client.registration(id)
			return shown.registration.state === 'rejected' && shown
		})
		expect(registration.reason).toContain('in a realm that is not its own')
		expect(collector.messages.length).toBeGreaterThan(0)
		expect(collector.messages.join()).not.toMatch(/^(?:Proxy-)?Authorization:/m)
	})

	it('is not answered to a caller who asks for it within a call', async () => {
		const account = await world.addAccount()
		const phone = await world.addScriptedPhone(account.id)
		await phone.handoff('background')
		expect(await phone.attach()).toBe(200)
		const bindings = await until(() => {
			const bound = world.registrar.bindings(account.username)
			return bound.length > 0 && bound
		})
		const caller = await RawCaller.start(ELSEWHERE, 'Digest realm="pbx.test", nonce="n", algorithm=MD5, qop="auth"')
		closing.push(() => caller.close())
		const contact = `sip:mallory@${caller.hostPort}`
		const port = world.platform.addresses.upstreamPort
		const calling = caller.call({ to: bindings[0]?.contact ?? '', port, contact })
		const leg = await phone.incoming.waitFor(() => true)
		await leg.answer('v=0\r\n')
		await calling
		expect((await leg.dialog.request('INFO', { body: 'anything' })).status).toBeGreaterThanOrEqual(400)
		await leg.dialog.bye()
		expect(caller.requests.some((text) => text.startsWith('INFO'))).toBe(true)
		expect(caller.requests.join()).not.toMatch(/^(?:Proxy-)?Authorization:/m)
	})
})
