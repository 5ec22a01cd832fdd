import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { anyText, host, token } from '../../test/arbitraries.ts'
import { request } from '../../test/messages.ts'
import { check } from '../../test/property.ts'
import { Headers } from '../message/headers.ts'
import { formatVia, parseVia, removeTopVia, replaceTopVia, topVia, topViaOf, type Via } from './via.ts'

describe('parseVia', () => {
	it.each<[string, Via]>([
		[
			'SIP/2.0/UDP h.example.com:5070;branch=z9hG4bK1;rport;Received=192.0.2.1',
			{
				transport: 'UDP',
				host: 'h.example.com',
				port: 5070,
				params: new Map<string, string | true>([
					['branch', 'z9hG4bK1'],
					['rport', true],
					['received', '192.0.2.1'],
				]),
			},
		],
		['sip / 2.0 / wss \t h', { transport: 'WSS', host: 'h', params: new Map() }],
		['SIP/2.0/TLS [2001:db8::1]:5061', { transport: 'TLS', host: '[2001:db8::1]', port: 5061, params: new Map() }],
		['SIP/7.0/UDP h', { protocol: 'SIP/7.0', transport: 'UDP', host: 'h', params: new Map() }],
		['Other / x1 / tcp h', { protocol: 'OTHER/X1', transport: 'TCP', host: 'h', params: new Map() }],
		['SIP/2.0/UDP h : 5060 ; ttl = 16', { transport: 'UDP', host: 'h', port: 5060, params: new Map([['ttl', '16']]) }],
	])('%s', (text, via) => {
		expect(parseVia(text)).toEqual(via)
	})

	it.each([
		'',
		'SIP/2.0/UDP',
		'SIP/2.0/UDP ',
		'SIP/2.0/ h',
		'SIP/2.0 h',
		'SIP//UDP h',
		'/2.0/UDP h',
		'SIP/2.0/UDP h:',
		'SIP/2.0/UDP h:70000',
		'SIP/2.0/UDP h:x',
		'SIP/2.0/UDP [::1',
		'SIP/2.0/UDP ::1',
		'SIP/2.0/UDP h i',
		'SIP/2.0/UDP h;branch="x',
		'SIP/2.0/U@P h',
	])('refuses %j', (text) => {
		expect(parseVia(text)).toBeUndefined()
	})

	it('undoes formatVia', () => {
		const params = fc.array(
			fc.tuple(
				token.map((name) => name.toLowerCase()),
				fc.oneof(token, fc.constant(true as const)),
			),
		)
		check(
			fc.property(token, host, fc.nat({ max: 65_535 }), params, token, (transport, at, port, entries, version) => {
				const protocol = `SIP/${version.toUpperCase()}`
				const common = { transport: transport.toUpperCase(), host: at, port, params: new Map(entries) }
				const via: Via = protocol === 'SIP/2.0' ? common : { protocol, ...common }
				expect(parseVia(formatVia(via))).toEqual(via)
			}),
			300,
		)
	})

	it('never throws on any text', () => {
		check(
			fc.property(anyText, (text) => {
				parseVia(`SIP/2.0/UDP ${text}`)
			}),
			300,
		)
	})
})

describe('the stack of Via entries', () => {
	const stack = (): Headers =>
		new Headers([
			{ name: 'v', value: 'SIP/2.0/UDP a;x="1,2" , SIP/2.0/UDP b' },
			{ name: 'Via', value: 'SIP/2.0/UDP c' },
		])

	it('shows its top', () => {
		expect(topVia({ ...request('INVITE'), headers: stack() })?.host).toBe('a')
		expect(topVia({ ...request('INVITE'), headers: new Headers() })).toBeUndefined()
		expect(topViaOf(new Headers([{ name: 'Via', value: ', SIP/2.0/UDP a' }]))).toBeUndefined()
	})

	it('is popped entry by entry', () => {
		const headers = stack()
		expect(removeTopVia(headers)).toBe('SIP/2.0/UDP a;x="1,2"')
		expect(headers.all('Via')).toEqual(['SIP/2.0/UDP b', 'SIP/2.0/UDP c'])
		expect([removeTopVia(headers), removeTopVia(headers), removeTopVia(headers)]).toEqual([
			'SIP/2.0/UDP b',
			'SIP/2.0/UDP c',
			undefined,
		])
		expect(headers.size).toBe(0)
	})

	it('has its top replaced, the others kept', () => {
		const headers = stack()
		expect(replaceTopVia(headers, 'SIP/2.0/UDP z')).toBe(true)
		expect(headers.all('Via')).toEqual(['SIP/2.0/UDP z, SIP/2.0/UDP b', 'SIP/2.0/UDP c'])
		expect(replaceTopVia(new Headers(), 'SIP/2.0/UDP z')).toBe(false)
	})
})
