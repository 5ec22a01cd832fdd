import { describe, expect, it } from 'vitest'
import { optionsLine, optionsWith } from '../../test/wire.ts'
import { parseMessage } from './parse.ts'
import type { ParseError, ParseErrorCode } from './parse-error.ts'
import { serializeMessage } from './serialize.ts'
import { validateMessage } from './validate.ts'

// The invalid messages of RFC 4475 3.1.2 and 3.3 and of RFC 5118, in our own rendering.

function refused(bytes: Uint8Array): ParseError | undefined {
	const result = parseMessage(bytes)
	return result.ok ? validateMessage(result.message) : result.error
}

type Changes = Readonly<Record<string, string | undefined>>
type Case = readonly [name: string, bytes: Uint8Array, code: ParseErrorCode, status: number | undefined]

function broken(
	name: string,
	changes: Changes,
	code: ParseErrorCode = 'bad-value',
	status: number | undefined = 400,
): Case {
	return [name, optionsWith(changes), code, status]
}

function start(
	name: string,
	line: string,
	code: ParseErrorCode = 'bad-start-line',
	status: number | undefined = 400,
): Case {
	return [name, optionsWith({}, line), code, status]
}

const CASES: readonly Case[] = [
	broken('3.1.2.1 stray separators in Via', { Via: 'SIP/2.0/UDP 192.0.2.15;;,;,,' }),
	['an empty entry at the top of Via', optionsWith({ Via: ', SIP/2.0/UDP 192.0.2.15' }), 'bad-value', undefined],
	broken('3.1.2.1 stray separators in To', { To: 'sip:j.user@example.com;;,;,,' }),
	broken('3.1.2.2 Content-Length beyond the message', { 'Content-Length': '9999' }, 'bad-content-length'),
	broken('3.1.2.3 negative Content-Length', { 'Content-Length': '-999' }, 'bad-content-length'),
	broken('Content-Length with a sign', { 'Content-Length': '+0' }, 'bad-content-length'),
	broken('Content-Length in hex', { 'Content-Length': '0x10' }, 'bad-content-length'),
	broken('Content-Length beyond all numbers', { 'Content-Length': '9'.repeat(400) }, 'bad-content-length'),
	broken('empty Content-Length', { 'Content-Length': '' }, 'bad-content-length'),
	broken('3.1.2.4 CSeq of 2^32', { CSeq: '4294967296 OPTIONS' }),
	broken('CSeq of 2^31', { CSeq: '2147483648 OPTIONS' }),
	broken('negative CSeq', { CSeq: '-1 OPTIONS' }),
	broken('3.1.2.4 Max-Forwards of 300', { 'Max-Forwards': '300' }),
	[
		'3.1.2.5 CSeq beyond range in a response',
		optionsWith({ CSeq: '9292394834772304023312 OPTIONS' }, 'SIP/2.0 503 x'),
		'bad-value',
		undefined,
	],
	broken('3.1.2.6 unterminated quote', { To: '"Mr. J. User <sip:j.user@example.com>' }),
	start('3.1.2.7 Request-URI in <>', 'OPTIONS <sip:user@example.com> SIP/2.0'),
	start('3.1.2.8 blank in the Request-URI', 'OPTIONS sip:user@example.com; lr SIP/2.0'),
	start('3.1.2.9 two blanks in the Request-Line', 'OPTIONS  sip:user@example.com  SIP/2.0'),
	start('3.1.2.10 blanks at the end of the Request-Line', `${optionsLine}  `),
	broken('3.1.2.13 URI with a question mark and no <>', {
		Contact: 'sip:user@example.com?Route=%3Csip:sip.example.com%3E',
	}),
	broken('3.1.2.14 blanks in an addr-spec', { To: '"Watson, Thomas" < sip:t. watson@example.org >' }),
	start('3.1.2.16 unknown version', 'OPTIONS sip:t.watson@example.org SIP/7.0', 'bad-start-line', 505),
	broken('3.1.2.17 CSeq of another method', { CSeq: '8 INVITE' }),
	[
		'3.1.2.18 unknown method, CSeq of another',
		optionsWith({ CSeq: '8 OPTIONS' }, 'NEWMETHOD sip:a@b SIP/2.0'),
		'bad-value',
		400,
	],
	[
		'3.1.2.19 overlarge response code',
		optionsWith({}, 'SIP/2.0 4294967301 better not break'),
		'bad-start-line',
		undefined,
	],
	broken('3.3.1 no From', { From: undefined }, 'missing-header'),
	broken('3.3.1 no Call-ID and no To', { 'Call-ID': undefined, To: undefined }, 'missing-header'),
	broken('3.3.8 two Call-ID', { i: 'second@example.com' }),
	broken('3.3.8 two From', { f: '<sip:other@example.com>;tag=2' }),
	broken('3.3.8 two Max-Forwards', { 'max-forwards': '5' }),
	broken('3.3.9 two Content-Length', { 'Content-Length': '0', l: '0' }),
	broken('wildcard beside another Contact', { Contact: '*, <sip:a@b>' }),
	broken('Route without <>', { Route: 'sip:proxy.example.com;lr' }),
	broken('blank inside of Call-ID', { 'Call-ID': 'a b' }),
	start('RFC 5118 4.2 IPv6 without brackets', 'OPTIONS sip:user@2001:db8::10 SIP/2.0', 'bad-value'),
	start('RFC 5118 4.8 three colons', 'OPTIONS sip:user@[2001:db8:::192.0.2.1] SIP/2.0', 'bad-value'),
]

describe('invalid messages', () => {
	it.each(CASES)('%s', (_name, bytes, code, status) => {
		const error = refused(bytes)
		expect(error?.code).toBe(code)
		expect(error?.reply?.status).toBe(status)
		if (error?.reply) serializeMessage(error.reply)
	})

	it('reads a display name with a comma and no quotes, as RFC 4475 3.1.2.15 allows', () => {
		expect(refused(optionsWith({ From: 'Bell, Alexander <sip:a.g.bell@example.com>;tag=43' }))).toBeUndefined()
	})

	it('leaves header fields alone that it has no use for, as an invalid Date (3.1.2.12)', () => {
		expect(refused(optionsWith({ Date: 'Fri, 01 Jan 2010 16:00:00 EST' }))).toBeUndefined()
	})
})
