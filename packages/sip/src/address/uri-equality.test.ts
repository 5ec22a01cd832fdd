import { describe, expect, it } from 'vitest'
import { parseUri } from './uri.ts'
import { urisEqual } from './uri-equality.ts'

function equal(a: string, b: string): boolean {
	const [first, second] = [parseUri(a), parseUri(b)]
	if (!first || !second) throw new Error(`not both URIs: ${a} ${b}`)
	const result = urisEqual(first, second)
	expect(urisEqual(second, first), 'both ways').toBe(result)
	return result
}

describe('urisEqual', () => {
	it.each([
		// The examples of RFC 3261 19.1.4.
		['sip:%61lice@atlanta.com;transport=TCP', 'sip:alice@AtlanTa.CoM;Transport=tcp'],
		['sip:carol@chicago.com', 'sip:carol@chicago.com;newparam=5'],
		['sip:carol@chicago.com', 'sip:carol@chicago.com;security=on'],
		[
			'sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com',
			'sip:biloxi.com;method=REGISTER;transport=tcp?to=sip:bob%40biloxi.com',
		],
		[
			'sip:alice@atlanta.com?subject=project%20x&priority=urgent',
			'sip:alice@atlanta.com?priority=urgent&subject=project%20x',
		],
		// Ours.
		['sip:h;lr', 'sip:h'],
		['sip:h;x=%41', 'sip:h;X=a'],
		['sip:a%3bb@h', 'sip:a%3Bb@h'],
		['sip:[2001:DB8::1]', 'sip:[2001:db8:0:0:0:0:0:1]'],
		['sip:[::ffff:192.0.2.1]', 'sip:[::FFFF:C000:201]'],
		['sip:h?', 'sip:h'],
		['tel:+1-201-555-0123', 'tel:+1(201)5550123'],
		['tel:555;ext=1-2;phone-context=+1-201', 'tel:5-5-5;phone-context=+1201;EXT=12'],
		['URN:service:sos', 'urn:service:sos'],
	])('%s = %s', (a, b) => {
		expect(equal(a, b)).toBe(true)
	})

	it.each([
		// The examples of RFC 3261 19.1.4.
		['SIP:ALICE@AtlanTa.CoM;Transport=udp', 'sip:alice@AtlanTa.CoM;Transport=UDP'],
		['sip:bob@biloxi.com', 'sip:bob@biloxi.com:5060'],
		['sip:bob@biloxi.com', 'sip:bob@biloxi.com;transport=udp'],
		['sip:bob@biloxi.com', 'sip:bob@biloxi.com:6000;transport=tcp'],
		['sip:carol@chicago.com', 'sip:carol@chicago.com?Subject=next%20meeting'],
		['sip:bob@phone21.boxesbybob.com', 'sip:bob@192.0.2.4'],
		['sip:carol@chicago.com;security=on', 'sip:carol@chicago.com;security=off'],
		// Ours.
		['sip:h', 'sips:h'],
		['sip:alice@h', 'sip:h'],
		['sip:alice@h', 'sip:alice:@h'],
		['sip:a%3bb@h', 'sip:a;b@h'],
		['sip:h', 'sip:h;maddr=192.0.2.1'],
		['sip:h', 'sip:h;ttl=1'],
		['sip:h;user=phone', 'sip:h;user=ip'],
		['sip:h?a=1', 'sip:h?a=2'],
		['sip:[::1]', 'sip:[::2]'],
		['sip:+1201@h;user=phone', 'tel:+1201'],
		['tel:+1201', 'tel:1201'],
		['tel:1201;phone-context=a.com', 'tel:1201;phone-context=b.com'],
		['tel:1201', 'tel:1201;phone-context=b.com'],
		['urn:service:sos', 'urn:service:fire'],
		['urn:service:sos', 'sip:service'],
	])('%s is not %s', (a, b) => {
		expect(equal(a, b)).toBe(false)
	})
})
