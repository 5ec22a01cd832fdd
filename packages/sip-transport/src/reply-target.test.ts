import { parseVia } from '@vigil/sip'
import { describe, expect, it } from 'vitest'
import type { TransportName } from './flow.ts'
import { replyTarget } from './reply-target.ts'

function target(via: string, transport: TransportName = 'udp'): string | undefined {
	const parsed = parseVia(via)
	const to = parsed && replyTarget(parsed, transport)
	return to && `${to.host} ${to.port}`
}

describe('replyTarget', () => {
	it.each([
		['received and rport', 'SIP/2.0/UDP 10.0.0.1:5070;rport=40000;received=198.51.100.7', '198.51.100.7 40000'],
		['received at the sent-by port', 'SIP/2.0/UDP 10.0.0.1:5070;received=198.51.100.7', '198.51.100.7 5070'],
		['received at the default port', 'SIP/2.0/UDP 10.0.0.1;received=198.51.100.7', '198.51.100.7 5060'],
		['the sent-by', 'SIP/2.0/UDP 198.51.100.7:5070', '198.51.100.7 5070'],
		['IPv6', 'SIP/2.0/UDP [2001:db8::1]:5070;received=2001:db8::2', '2001:db8::2 5070'],
		['not maddr', 'SIP/2.0/UDP 198.51.100.7;maddr=203.0.113.9', '198.51.100.7 5060'],
		['not a bad rport', 'SIP/2.0/UDP 198.51.100.7;rport=99999', '198.51.100.7 5060'],
		['nothing for a name', 'SIP/2.0/UDP host.example', undefined],
	])('uses %s', (_what, via, expected) => {
		expect(target(via)).toBe(expected)
	})

	it('opens a closed connection again at the sent-by port, never at rport', () => {
		expect(target('SIP/2.0/TCP 10.0.0.1:5070;rport=40000;received=198.51.100.7', 'tcp')).toBe('198.51.100.7 5070')
		expect(target('SIP/2.0/TLS 10.0.0.1;received=198.51.100.7', 'tls')).toBe('198.51.100.7 5061')
	})
})
