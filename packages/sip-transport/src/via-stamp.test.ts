import { Headers } from '@vigil/sip'
import { describe, expect, it } from 'vitest'
import { stampTopVia } from './via-stamp.ts'

const source = { host: '198.51.100.7', port: 40_000 }

function stamped(via: string, from = source): string[] {
	const headers = new Headers([
		{ name: 'v', value: via },
		{ name: 'Via', value: 'SIP/2.0/UDP below.example' },
	])
	stampTopVia(headers, from)
	return headers.all('Via')
}

describe('stampTopVia', () => {
	it.each([
		[
			'leaves a sent-by that is the source',
			'SIP/2.0/UDP 198.51.100.7:5060;branch=z9hG4bKa',
			'SIP/2.0/UDP 198.51.100.7:5060;branch=z9hG4bKa',
		],
		[
			'adds received for another sent-by',
			'SIP/2.0/UDP 10.0.0.1;branch=z9hG4bKa',
			'SIP/2.0/UDP 10.0.0.1;branch=z9hG4bKa;received=198.51.100.7',
		],
		[
			'adds received for a name',
			'SIP/2.0/WSS x.invalid;branch=z9hG4bKa',
			'SIP/2.0/WSS x.invalid;branch=z9hG4bKa;received=198.51.100.7',
		],
		[
			'fills rport and adds received even for the same address (RFC 3581 4)',
			'SIP/2.0/UDP 198.51.100.7;rport;branch=z9hG4bKa',
			'SIP/2.0/UDP 198.51.100.7;rport=40000;branch=z9hG4bKa;received=198.51.100.7',
		],
		[
			'does not believe received and rport of the sender',
			'SIP/2.0/UDP 198.51.100.7;received=203.0.113.1;rport=1',
			'SIP/2.0/UDP 198.51.100.7;rport=40000;received=198.51.100.7',
		],
		['removes a false received', 'SIP/2.0/UDP 198.51.100.7;received=203.0.113.1', 'SIP/2.0/UDP 198.51.100.7'],
	])('%s', (_what, via, expected) => {
		expect(stamped(via)).toEqual([expected, 'SIP/2.0/UDP below.example'])
	})

	it('writes only the first entry of a field with several', () => {
		expect(stamped('SIP/2.0/TCP a.example;x="1,2", SIP/2.0/TCP b.example')[0]).toBe(
			'SIP/2.0/TCP a.example;x="1,2";received=198.51.100.7, SIP/2.0/TCP b.example',
		)
	})

	it('compares IPv6 without brackets', () => {
		const from = { host: '2001:db8::1', port: 5060 }
		expect(stamped('SIP/2.0/UDP [2001:DB8::1]:5060', from)[0]).toBe('SIP/2.0/UDP [2001:DB8::1]:5060')
		expect(stamped('SIP/2.0/UDP [2001:db8::2];rport', from)[0]).toBe(
			'SIP/2.0/UDP [2001:db8::2];rport=5060;received=2001:db8::1',
		)
	})

	it('leaves what it cannot read', () => {
		expect(stamped('nonsense')[0]).toBe('nonsense')
	})
})
