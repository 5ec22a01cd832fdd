import { describe, expect, it } from 'vitest'
import type { DnsResolver } from './dns-resolver.ts'
import { resolveTarget, type TargetQuery } from './resolve-target.ts'
import { TransportError } from './transport-error.ts'

const records: Record<string, readonly [priority: number, weight: number, port: number, name: string][]> = {
	'_sip._udp.both.example': [
		[20, 0, 5060, 'late.example'],
		[10, 0, 5070, 'early.example'],
	],
	'_sip._tcp.both.example': [[10, 0, 5080, 'early.example']],
	'_sips._tcp.both.example': [[10, 0, 5443, 'early.example']],
	'_sip._tcp.tcponly.example': [[10, 0, 5080, 'early.example']],
	'_sip._tcp.half.example': [
		[10, 0, 5080, 'silent.example'],
		[20, 0, 5080, 'late.example'],
	],
	'_sip._tcp.gone.example': [[10, 0, 5080, 'silent.example']],
	'_sip._udp.refused.example': [[0, 0, 0, '.']],
}
const addresses: Record<string, string[]> = {
	'early.example': ['192.0.2.1', '2001:db8::1'],
	'late.example': ['192.0.2.2'],
	'plain.example': ['192.0.2.3'],
	'refused.example': ['192.0.2.4'],
}

function resolver(asked: string[] = []): DnsResolver {
	return {
		async srv(name) {
			asked.push(name)
			if (name.endsWith('silent.example')) throw new TransportError('timeout', 'no answer')
			return (records[name] ?? []).map(([priority, weight, port, host]) => ({ priority, weight, port, name: host }))
		},
		async addresses(name) {
			asked.push(name)
			if (name === 'silent.example') throw new TransportError('timeout', 'no answer')
			return (addresses[name] ?? []).map((address) => ({ address }))
		},
	}
}

const naptr: Record<
	string,
	readonly [order: number, preference: number, flags: string, service: string, to: string][]
> = {
	'both.example': [
		[20, 10, 's', 'SIP+D2U', '_sip._udp.both.example'],
		[10, 20, 's', 'SIPS+D2T', '_sips._tcp.both.example'],
		[10, 10, 's', 'SIP+D2T', '_sip._tcp.both.example'],
		[5, 10, 's', 'SIP+D2S', '_sip._sctp.both.example'],
		[5, 10, 'u', 'E2U+sip', ''],
	],
}

function withNaptr(): DnsResolver {
	return {
		...resolver(),
		naptr: async (name) =>
			(naptr[name] ?? []).map(([order, preference, flags, service, replacement]) => ({
				order,
				preference,
				flags,
				service,
				replacement,
			})),
	}
}

async function resolve(query: TargetQuery): Promise<string[]> {
	const targets = await resolveTarget(query, { resolver: resolver(), random: () => 0 })
	return targets.map(({ transport, host, port, domain }) => `${transport} ${host} ${port} ${domain}`)
}

describe('resolveTarget', () => {
	it.each<[string, TargetQuery, string[]]>([
		['an address', { host: '192.0.2.9' }, ['udp 192.0.2.9 5060 192.0.2.9']],
		['an address with port', { host: '192.0.2.9', port: 5070, transport: 'tcp' }, ['tcp 192.0.2.9 5070 192.0.2.9']],
		['a bracketed IPv6 address', { host: '[2001:db8::9]', secure: true }, ['tls 2001:db8::9 5061 2001:db8::9']],
		[
			'a name with port (no SRV)',
			{ host: 'early.example', port: 5099 },
			['udp 192.0.2.1 5099 early.example', 'udp 2001:db8::1 5099 early.example'],
		],
		[
			'SRV by priority, then the next transport',
			{ host: 'both.example' },
			[
				'udp 192.0.2.1 5070 both.example',
				'udp 2001:db8::1 5070 both.example',
				'udp 192.0.2.2 5060 both.example',
				'tcp 192.0.2.1 5080 both.example',
				'tcp 2001:db8::1 5080 both.example',
				'tls 192.0.2.1 5443 both.example',
				'tls 2001:db8::1 5443 both.example',
			],
		],
		[
			'SRV of the transport asked for',
			{ host: 'both.example', transport: 'tcp' },
			['tcp 192.0.2.1 5080 both.example', 'tcp 2001:db8::1 5080 both.example'],
		],
		[
			'only TLS for sips',
			{ host: 'both.example', secure: true },
			['tls 192.0.2.1 5443 both.example', 'tls 2001:db8::1 5443 both.example'],
		],
		[
			'TLS for sips over TCP',
			{ host: 'plain.example', transport: 'tcp', secure: true },
			['tls 192.0.2.3 5061 plain.example'],
		],
		[
			'the transports that exist',
			{ host: 'tcponly.example' },
			['tcp 192.0.2.1 5080 tcponly.example', 'tcp 2001:db8::1 5080 tcponly.example'],
		],
		['A records without SRV', { host: 'plain.example' }, ['udp 192.0.2.3 5060 plain.example']],
		['the SRV hosts that can be found', { host: 'half.example' }, ['tcp 192.0.2.2 5080 half.example']],
		['no SRV for WebSocket', { host: 'plain.example', transport: 'wss' }, ['wss 192.0.2.3 443 plain.example']],
		[
			'WSS for a secure WS',
			{ host: 'plain.example', transport: 'ws', secure: true },
			['wss 192.0.2.3 443 plain.example'],
		],
	])('gives %s', async (_what, query, expected) => {
		expect(await resolve(query)).toEqual(expected)
	})

	it('asks nothing for an address', async () => {
		const asked: string[] = []
		await resolveTarget({ host: '192.0.2.9' }, { resolver: resolver(asked) })
		expect(asked).toEqual([])
	})

	it.each([
		['a name that does not exist', { host: 'nowhere.example' }, 'name-not-found'],
		[
			'a service that is decidedly not offered',
			{ host: 'refused.example', transport: 'udp' as const },
			'name-not-found',
		],
		['SRV hosts that cannot be found', { host: 'gone.example' }, 'timeout'],
		['silent name servers', { host: 'silent.example' }, 'timeout'],
	])('rejects for %s', async (_what, query, code) => {
		await expect(resolve(query)).rejects.toMatchObject({ code })
	})

	it('finds names that only this host knows', async () => {
		const [target] = await resolveTarget({ host: 'localhost', port: 5060 })
		expect(['127.0.0.1', '::1']).toContain(target?.host)
	})

	it.each<[string, TargetQuery, string[]]>([
		[
			'what NAPTR offers, in its order',
			{ host: 'both.example' },
			['tcp 5080', 'tcp 5080', 'tls 5443', 'tls 5443', 'udp 5070', 'udp 5070', 'udp 5060'],
		],
		['of it what is secure', { host: 'both.example', secure: true }, ['tls 5443', 'tls 5443']],
		['the transport asked for', { host: 'both.example', transport: 'udp' }, ['udp 5070', 'udp 5070', 'udp 5060']],
		['a domain without NAPTR', { host: 'tcponly.example' }, ['tcp 5080', 'tcp 5080']],
	])('takes %s (RFC 3263 4.1)', async (_what, query, expected) => {
		const targets = await resolveTarget(query, { resolver: withNaptr(), random: () => 0 })
		expect(targets.map(({ transport, port }) => `${transport} ${port}`)).toEqual(expected)
	})
})
