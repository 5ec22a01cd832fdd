import { describe, expect, it } from 'vitest'
import { optionsWith } from '../../test/wire.ts'
import { parseMessage } from './parse.ts'
import type { ParseError, ParseErrorCode } from './parse-error.ts'
import { serializeMessage } from './serialize.ts'
import { validateMessage } from './validate.ts'

// What is refused beyond the messages of RFC 4475 and RFC 5118, which are in testdata.

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
	['an empty entry at the top of Via', optionsWith({ Via: ', SIP/2.0/UDP 192.0.2.15' }), 'bad-value', undefined],
	broken('a top Via of another version', { Via: 'SIP/3.0/UDP 192.0.2.15;branch=z9hG4bK1' }),
	broken('stray separators in To', { To: 'sip:j.user@example.com;;,;,,' }),
	broken('Content-Length with a sign', { 'Content-Length': '+0' }, 'bad-content-length'),
	broken('Content-Length in hex', { 'Content-Length': '0x10' }, 'bad-content-length'),
	broken('Content-Length beyond all numbers', { 'Content-Length': '9'.repeat(400) }, 'bad-content-length'),
	broken('empty Content-Length', { 'Content-Length': '' }, 'bad-content-length'),
	broken('CSeq of 2^32', { CSeq: '4294967296 OPTIONS' }),
	broken('CSeq of 2^31', { CSeq: '2147483648 OPTIONS' }),
	broken('negative CSeq', { CSeq: '-1 OPTIONS' }),
	broken('Max-Forwards of 300', { 'Max-Forwards': '300' }),
	broken('a blank in the middle of an addr-spec', { To: '"Watson, Thomas" < sip:t. watson@example.org >' }),
	broken('no From', { From: undefined }, 'missing-header'),
	broken('no Call-ID and no To', { 'Call-ID': undefined, To: undefined }, 'missing-header'),
	broken('two Call-ID', { i: 'second@example.com' }),
	broken('two From', { f: '<sip:other@example.com>;tag=2' }),
	broken('two Max-Forwards', { 'max-forwards': '5' }),
	broken('two Content-Length', { 'Content-Length': '0', l: '0' }),
	broken('wildcard beside another Contact', { Contact: '*, <sip:a@b>' }),
	broken('Route without <>', { Route: 'sip:proxy.example.com;lr' }),
	broken('blank inside of Call-ID', { 'Call-ID': 'a b' }),
	start('an unknown version, with a Via of ours', 'OPTIONS sip:t.watson@example.org SIP/7.0', 'bad-start-line', 505),
	start('header fields in the Request-URI', 'OPTIONS sip:user@example.com?Subject=x SIP/2.0', 'bad-value'),
]

describe('messages that are refused', () => {
	it.each(CASES)('%s', (_name, bytes, code, status) => {
		const error = refused(bytes)
		expect(error?.code).toBe(code)
		expect(error?.reply?.status).toBe(status)
		if (error?.reply) serializeMessage(error.reply)
	})
})
