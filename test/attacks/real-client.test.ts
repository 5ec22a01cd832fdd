import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestPlatform, type TestPlatform } from '../world/test-platform.ts'

// What limits count is the client, not what it says of itself, and not the proxy that it comes by.

const CODE = { enrolmentCode: 'AAAA-AAAA-AAAA-AAAA', platform: 'ios', pushTokens: [] }
const TRIES_PER_MINUTE = 30

/** Tries that many enrolment codes, each with another X-Forwarded-For; gives the statuses. */
async function guessCodes({ addresses }: TestPlatform, times: number, forwardedFor: (index: number) => string) {
	const statuses: number[] = []
	for (let index = 0; index < times; index++) {
		const response = await fetch(`${addresses.api}/v1/devices`, {
			method: 'POST',
			headers: { 'content-type': 'application/json', 'x-forwarded-for': forwardedFor(index) },
			body: JSON.stringify(CODE),
		})
		await response.text()
		statuses.push(response.status)
	}
	return statuses
}

/** REGISTERs by TCP behind a header of the PROXY protocol; the answer, or undefined when the connection was ended. */
function registerVia({ addresses }: TestPlatform, source: string): Promise<string | undefined> {
	const port = Number(/:(\d+);/.exec(addresses.edge.tcp ?? '')?.[1])
	const header = Buffer.alloc(28)
	Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1').copy(header)
	Buffer.from([0x21, 0x11, 0, 12, ...source.split('.').map(Number), 127, 0, 0, 1, 0x9c, 0x40, 0x13, 0xc4]).copy(
		header,
		12,
	)
	const socket = connect({ port, host: '127.0.0.1' })
	const register = [
		'REGISTER sip:vigil SIP/2.0',
		'Via: SIP/2.0/TCP 10.0.0.1;rport;branch=z9hG4bK-proxied',
		'Max-Forwards: 70',
		'From: <sip:dev_a@vigil>;tag=1',
		'To: <sip:dev_a@vigil>',
		'Call-ID: proxied',
		'CSeq: 1 REGISTER',
		'Contact: <sip:dev_a@10.0.0.1>',
		'Content-Length: 0',
		'',
		'',
	].join('\r\n')
	return new Promise((resolve) => {
		socket.on('error', () => {})
		socket.on('data', (bytes) => {
			resolve(bytes.toString('latin1'))
			socket.destroy()
		})
		socket.on('close', () => resolve(undefined))
		socket.write(Buffer.concat([header, Buffer.from(register)]))
	})
}

describe('a service that stands alone', () => {
	let platform: TestPlatform
	beforeAll(async () => {
		platform = await startTestPlatform()
	})
	afterAll(() => platform.close())

	it('counts an address by itself, whatever X-Forwarded-For it gives', async () => {
		const statuses = await guessCodes(platform, TRIES_PER_MINUTE + 10, (index) => `203.0.113.${index}`)
		expect(statuses.filter((status) => status === 429)).toHaveLength(10)
	})

	it('refuses connections that claim to be from elsewhere', async () => {
		expect(await registerVia(platform, '203.0.113.7')).toBeUndefined()
	})
})

describe('a service behind a trusted proxy', () => {
	let platform: TestPlatform
	beforeAll(async () => {
		platform = await startTestPlatform({ VIGIL_TRUSTED_PROXIES: '127.0.0.0/8' })
	})
	afterAll(() => platform.close())

	it('counts each client that the proxy names, and what the client made up before it does not count', async () => {
		const perClient = await guessCodes(platform, TRIES_PER_MINUTE + 10, (index) => `203.0.113.${index}`)
		expect(perClient).not.toContain(429)
		const spoofing = await guessCodes(platform, TRIES_PER_MINUTE + 10, (index) => `198.51.100.${index}, 203.0.113.250`)
		expect(spoofing.filter((status) => status === 429)).toHaveLength(10)
	})

	it('sees the source that a PROXY header gives', async () => {
		expect(await registerVia(platform, '203.0.113.7')).toContain('received=203.0.113.7')
	})
})
