import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decideEgress, type EgressVerdict } from './decide-egress.ts'
import { parseEgressRules } from './egress-rules.ts'

const seed = process.env.VIGIL_TEST_SEED
const parameters = seed === undefined ? {} : { seed: Number(seed) }

function decide(setting: string, host: string, port = 5060): EgressVerdict {
	return decideEgress(parseEgressRules(setting), { host, port, namedBy: 'account' })
}

function told(setting: string, host: string, port?: number): string {
	const verdict = decide(setting, host, port)
	return verdict.allowed ? 'allowed' : verdict.reason
}

const NEVER = [
	['169.254.169.254', 'link-local'],
	['169.254.0.1', 'link-local'],
	['fe80::1', 'link-local'],
	['fe80::1%eth0', 'link-local'],
	['::ffff:169.254.169.254', 'link-local'],
	['2002:a9fe:a9fe::1', 'link-local'],
	['64:ff9b::169.254.169.254', 'link-local'],
	['fd00:ec2::254', 'metadata'],
	['FD00:0EC2:0:0:0:0:0:254', 'metadata'],
	['100.100.100.200', 'metadata'],
	['168.63.129.16', 'metadata'],
	['0.0.0.0', 'unspecified'],
	['0.0.0.1', 'unspecified'],
	['::', 'unspecified'],
	['::ffff:0.0.0.0', 'unspecified'],
	['224.0.1.75', 'multicast'],
	['ff02::1', 'multicast'],
	['255.255.255.255', 'broadcast'],
] as const

const LOCAL = [
	['127.0.0.1', 'loopback'],
	['127.255.255.254', 'loopback'],
	['::1', 'loopback'],
	['[::1]', 'loopback'],
	['::ffff:127.0.0.1', 'loopback'],
	['::ffff:7f00:1', 'loopback'],
	['::127.0.0.1', 'loopback'],
	['::7f00:1', 'loopback'],
	['::ffff:0:127.0.0.1', 'loopback'],
	['2002:7f00:1::', 'loopback'],
	['64:ff9b::127.0.0.1', 'loopback'],
] as const

const LAN = [
	['10.0.0.1', 'private'],
	['172.31.255.255', 'private'],
	['192.168.0.1', 'private'],
	['fc00::1', 'private'],
	['fd12:3456::1', 'private'],
	['::ffff:10.0.0.1', 'private'],
	['2002:c0a8:1::1', 'private'],
	['64:ff9b::10.0.0.1', 'private'],
	['100.64.0.1', 'shared'],
	['100.127.255.255', 'shared'],
] as const

const SPECIAL = [
	'192.0.2.1',
	'198.51.100.1',
	'203.0.113.1',
	'198.18.0.1',
	'192.0.0.8',
	'240.0.0.1',
	'2001:db8::1',
	'3fff::1',
	'2001::1',
	'100::1',
	'fec0::1',
	'64:ff9b:1::1',
	'5f00::1',
]

const PUBLIC = ['8.8.8.8', '172.32.0.1', '100.128.0.1', '2606:4700::1', '64:ff9b::8.8.8.8', '::ffff:8.8.8.8']

describe('an address that others named', () => {
	it.each(NEVER)('%s is refused as %s whatever the operator allows', (host, reason) => {
		for (const setting of ['internet', 'lan', '0.0.0.0/0,::/0', `lan,169.254.0.0/16,fe80::/10,fd00::/8`]) {
			expect([setting, told(setting, host)]).toEqual([setting, reason])
		}
	})

	it.each(LOCAL)('%s is refused as %s unless it is listed', (host, reason) => {
		expect([told('internet', host), told('lan', host)]).toEqual([reason, reason])
		expect(told('internet,127.0.0.0/8,::1', host)).toBe('allowed')
	})

	it.each(LAN)('%s is refused as %s for the internet, and allowed in the LAN', (host, reason) => {
		expect([told('internet', host), told('lan', host)]).toEqual([reason, 'allowed'])
		expect(decide('internet', host)).toMatchObject({ settable: true })
	})

	it.each(SPECIAL)('%s is no address of a server', (host) => {
		expect([told('internet', host), told('lan', host)]).toEqual(['special', 'special'])
	})

	it.each(PUBLIC)('%s is allowed unless the operator lists networks alone', (host) => {
		expect([told('internet', host), told('lan', host), told('10.0.0.0/8', host)]).toEqual([
			'allowed',
			'allowed',
			'unlisted',
		])
	})

	it('may be a single one that is listed', () => {
		expect([told('10.1.2.3', '10.1.2.3'), told('10.1.2.3', '10.1.2.4')]).toEqual(['allowed', 'private'])
		expect([told('[fd00::7]', 'fd00::7'), told('fd00::/16', 'fd01::7')]).toEqual(['allowed', 'private'])
	})

	it.each(['localhost', '127.1', '0177.0.0.1', '2130706433', '0x7f.1', '', '1.2.3.4.5', 'pbx.example'])(
		'is none where it reads %j',
		(host) => expect(told('0.0.0.0/0', host)).toBe('no-address'),
	)

	it.each([0, -1, 65_536, 1.5, Number.NaN])('has no port %d', (port) => {
		expect(told('internet', '8.8.8.8', port)).toBe('no-port')
	})

	it('that is one of ours is refused even where its network is listed, and the demo is reached wherever it is', () => {
		const rules = parseEgressRules('lan,127.0.0.0/8')
		const own = (address: string, port: number) =>
			address === '127.0.0.1' && port === 6379 ? 'own-store' : port === 5066 ? 'own-demo' : undefined
		const at = (host: string, port: number, with_ = rules) =>
			decideEgress(with_, { host, port, namedBy: 'sip-server' }, own)
		expect(at('127.0.0.1', 6379)).toEqual({ allowed: false, reason: 'own-store', settable: false })
		expect(at('::ffff:127.0.0.1', 6379)).toMatchObject({ reason: 'own-store' })
		expect(at('127.0.0.2', 6379)).toEqual({ allowed: true })
		expect(at('127.0.0.1', 5066, parseEgressRules('internet'))).toEqual({ allowed: true })
	})

	it('is refused in every IPv6 form of an IPv4 address that is refused', () => {
		const forms = (v4: string) => {
			const [a = 0, b = 0, c = 0, d = 0] = v4.split('.').map(Number)
			const hex = `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`
			return [`::ffff:${v4}`, `::ffff:${hex}`, `2002:${hex}::1`, `64:ff9b::${v4}`, `::ffff:0:${hex}`]
		}
		fc.assert(
			fc.property(fc.ipV4(), fc.constantFrom('internet', 'lan', '10.0.0.0/8'), (v4, setting) => {
				for (const form of forms(v4)) expect([form, told(setting, form)]).toEqual([form, told(setting, v4)])
			}),
			parameters,
		)
	})
})

describe('the setting', () => {
	it.each(['', ' , ', 'wan', '10.0.0.0/33', '10.0.0', 'internet;lan', 'pbx.example', '127.1'])(
		'is refused where it reads %j',
		(text) => expect(() => parseEgressRules(text)).toThrow('must be internet, lan, or networks'),
	)
})
