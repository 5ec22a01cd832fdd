import { DnsServer } from '@vigil/testkit'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { dnsResolver, resolveTarget, TransportError } from '../src/index.ts'

let server: DnsServer

beforeEach(async () => {
	server = await DnsServer.start({
		'pbx.example': {
			naptr: [
				{ order: 20, preference: 10, flags: 's', service: 'SIP+D2U', replacement: '_sip._udp.pbx.example' },
				{ order: 10, preference: 10, flags: 's', service: 'SIP+D2T', replacement: '_sip._tcp.pbx.example' },
			],
		},
		'_sip._tcp.pbx.example': {
			srv: [
				{ priority: 20, weight: 0, port: 5080, name: 'spare.example' },
				{ priority: 10, weight: 0, port: 5070, name: 'main.example' },
			],
		},
		'_sip._udp.pbx.example': { srv: [{ priority: 10, weight: 0, port: 5060, name: 'spare.example' }] },
		'main.example': { addresses: ['192.0.2.1', '2001:db8::1'], ttlSeconds: 30 },
		'spare.example': { addresses: ['192.0.2.2'], ttlSeconds: 90 },
	})
})

afterEach(() => server.close())

function resolve(query: Parameters<typeof resolveTarget>[0]) {
	return resolveTarget(query, { resolver: dnsResolver([server.address]), random: () => 0 })
}

describe('asking a name server (RFC 3263)', () => {
	it('takes the transport that NAPTR prefers, then SRV by priority, then addresses with the time they may be kept', async () => {
		const targets = await resolve({ host: 'pbx.example' })
		const common = { domain: 'pbx.example' }
		expect(targets).toEqual([
			{ ...common, transport: 'tcp', host: '192.0.2.1', port: 5070, ttlSeconds: 30 },
			{ ...common, transport: 'tcp', host: '2001:db8::1', port: 5070, ttlSeconds: 30 },
			{ ...common, transport: 'tcp', host: '192.0.2.2', port: 5080, ttlSeconds: 90 },
			{ ...common, transport: 'udp', host: '192.0.2.2', port: 5060, ttlSeconds: 90 },
		])
		expect(server.questions[0]).toBe('NAPTR pbx.example')
	})

	it('asks no NAPTR where the transport is chosen', async () => {
		const targets = await resolve({ host: 'pbx.example', transport: 'udp' })
		expect(targets.map(({ transport, host, port }) => [transport, host, port])).toEqual([['udp', '192.0.2.2', 5060]])
		expect(server.questions).not.toContain('NAPTR pbx.example')
	})

	it('asks no SRV where the port is chosen', async () => {
		const targets = await resolve({ host: 'main.example', port: 5090, transport: 'tls' })
		expect(targets.map(({ host, port }) => [host, port])).toEqual([
			['192.0.2.1', 5090],
			['2001:db8::1', 5090],
		])
		expect(server.questions.toSorted()).toEqual(['A main.example', 'AAAA main.example'])
	})

	it('says that a name does not exist', async () => {
		await expect(resolve({ host: 'nobody.invalid', transport: 'udp' })).rejects.toThrow(TransportError)
	})
})
