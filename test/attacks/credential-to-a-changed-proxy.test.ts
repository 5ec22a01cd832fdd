import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import type { AccountRegistration, Problem } from '@vigil/contracts'
import { until } from '@vigil/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { PASSWORD, type SleepingUser, TestWorld } from '../world/test-world.ts'

/** Asks everybody for an MD5 answer, and keeps what it gets: a dictionary does the rest. */
class Collector {
	readonly messages: string[] = []
	readonly #socket: Socket

	private constructor(socket: Socket) {
		this.#socket = socket
		socket.on('message', (bytes, { port, address }) => {
			const text = bytes.toString('latin1')
			this.messages.push(text)
			const fields = text.split('\r\n').filter((line) => /^(Via|From|To|Call-ID|CSeq):/i.test(line))
			const challenge = 'WWW-Authenticate: Digest realm="pbx.test", nonce="n", algorithm=MD5, qop="auth"'
			const answer = ['SIP/2.0 401 Unauthorized', ...fields, challenge, 'Content-Length: 0', '', ''].join('\r\n')
			socket.send(answer, port, address)
		})
	}

	static async start(): Promise<Collector> {
		const socket = createSocket('udp4').bind(0, '127.0.0.1')
		await once(socket, 'listening')
		return new Collector(socket)
	}

	get hostPort(): string {
		return `127.0.0.1:${this.#socket.address().port}`
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
		const answer = await request(method, path, change())
		const problem = (await answer.json()) as Problem
		expect([answer.status, problem.errors]).toMatchObject([422, [{ rule: 'credential_again' }]])
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
