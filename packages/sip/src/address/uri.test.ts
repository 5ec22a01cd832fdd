import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { anyText, host } from '../../test/arbitraries.ts'
import { check } from '../../test/property.ts'
import { escapeUriParam, escapeUser, unescapeUriPart } from './escapes.ts'
import { addressHost, hostAddress } from './host.ts'
import { formatUri, parseUri, type SipUri } from './uri.ts'

describe('parseUri', () => {
	it('reads every part of a SIP URI', () => {
		expect(parseUri('SIPS:alice:se%20cret@Example.COM:5061;LR;Transport=tcp;x=?Subject=a&Priority=urgent')).toEqual({
			scheme: 'sips',
			user: 'alice',
			password: 'se%20cret',
			host: 'Example.COM',
			port: 5061,
			params: new Map([
				['lr', undefined],
				['transport', 'tcp'],
				['x', ''],
			]),
			headers: 'Subject=a&Priority=urgent',
		})
	})

	it.each<[string, Partial<SipUri>]>([
		['sip:example.com', { host: 'example.com' }],
		['sip:[2001:db8::1]:5070;lr', { host: '[2001:db8::1]', port: 5070 }],
		['sip:a;b?c/d@h', { user: 'a;b?c/d', host: 'h' }],
		['sip:*21#@h', { user: '*21#' }],
		['sip:u:@h', { user: 'u', password: '' }],
		['sip:under_score', { host: 'under_score' }],
		['sip:u@h;', { host: 'h' }],
		['sip:u@h?', { headers: '' }],
		['sip:u@h;pn-prid=a@b', { user: 'u', host: 'h' }],
		['sip:50%off@h', { user: '50%off' }],
	])('reads %s', (text, parts) => {
		expect(parseUri(text)).toMatchObject(parts)
	})

	it('takes the first of a repeated parameter', () => {
		expect(parseUri('sip:h;a=1;A=2')).toMatchObject({ params: new Map([['a', '1']]) })
	})

	it.each([
		'',
		'sip:',
		'sips:',
		'sip:@h',
		'sip:u@',
		'sip:u@h:',
		'sip:u@h:port',
		'sip:u@h:65536',
		'sip:u@h:-1',
		'sip:u@h;=x',
		'sip:u@[::1',
		'sip:u@[::1]x',
		'sip:u@[::1::2]',
		'sip:u@[1:2:3:4:5:6:7]',
		'sip:u@[1:2:3:4:5:6:7:8:9]',
		'sip:u@[12345::]',
		'sip:u@[::1.2.3.256]',
		'sip:u@::1',
		'sip:u@h<x',
		'sip:u@h x',
		'sip:u@h\r\n',
		'sip:u"@h',
		'sip:u@a@b',
		'sip:u@h,x',
		'1sip:u@h',
		':u@h',
		'noscheme',
		'tel:',
		'tel:+',
		'tel:alice',
		'urn:',
	])('refuses %j', (text) => {
		expect(parseUri(text)).toBeUndefined()
	})

	it('reads tel URIs', () => {
		expect(parseUri('tel:+1-(201).555;ext=12;phone-context=example.com')).toEqual({
			scheme: 'tel',
			number: '+1-(201).555',
			params: new Map([
				['ext', '12'],
				['phone-context', 'example.com'],
			]),
		})
		expect(parseUri('tel:*21#')).toMatchObject({ number: '*21#' })
	})

	it('leaves other schemes alone', () => {
		expect(parseUri('URN:service:sos')).toEqual({ scheme: 'other', name: 'urn', text: 'URN:service:sos' })
		expect(parseUri('http://example.com/?a=b')).toMatchObject({ name: 'http' })
	})
})

describe('formatUri', () => {
	it.each(['sip:u:p@h:5060;lr;x=1?a=b', 'sips:[::1]', 'tel:+1-201;ext=1', 'urn:service:sos'])(
		'gives back %s',
		(text) => {
			const uri = parseUri(text)
			expect(uri && formatUri(uri)).toBe(text)
		},
	)

	it('is undone by parseUri, whatever user and parameter were escaped into it', () => {
		check(
			fc.property(
				fc.string({ unit: 'grapheme', minLength: 1 }),
				fc.string({ unit: 'grapheme' }),
				host,
				(user, value, at) => {
					const uri: SipUri = {
						scheme: 'sip',
						user: escapeUser(user),
						host: at,
						params: new Map([['x', escapeUriParam(value)]]),
					}
					const read = parseUri(formatUri(uri))
					expect(read).toEqual(uri)
					expect(unescapeUriPart(uri.user ?? '')).toBe(user.toWellFormed())
				},
			),
			300,
		)
	})

	it('never throws on any text', () => {
		check(
			fc.property(anyText, (text) => {
				parseUri(`sip:${text}`)
				parseUri(text)
			}),
			500,
		)
	})
})

describe('hosts', () => {
	it('lose and get the brackets of IPv6', () => {
		expect(hostAddress('[::1]')).toBe('::1')
		expect(hostAddress('h')).toBe('h')
		expect(addressHost('::1')).toBe('[::1]')
		expect(addressHost('[::1]')).toBe('[::1]')
		expect(addressHost('192.0.2.1')).toBe('192.0.2.1')
	})
})
