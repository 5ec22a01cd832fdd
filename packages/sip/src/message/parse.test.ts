import { describe, expect, it } from 'vitest'
import { optionsLine, optionsWith, wire } from '../../test/wire.ts'
import { tagOf } from '../address/name-addr.ts'
import type { ParseLimits } from './limits.ts'
import type { SipMessage } from './message.ts'
import { parseMessage } from './parse.ts'
import type { ParseError } from './parse-error.ts'

function accepted(bytes: Uint8Array): SipMessage {
	const result = parseMessage(bytes)
	if (!result.ok) throw new Error(result.error.detail)
	return result.message
}

function refused(bytes: Uint8Array, limits?: Partial<ParseLimits>): ParseError {
	const result = parseMessage(bytes, limits)
	if (result.ok) throw new Error('should have been refused')
	return result.error
}

describe('the body', () => {
	it('is what follows the header fields of a datagram without Content-Length', () => {
		expect(Buffer.from(accepted(optionsWith({}, optionsLine, 'hello')).body).toString()).toBe('hello')
	})

	it('ends where Content-Length says', () => {
		expect(Buffer.from(accepted(optionsWith({ l: '2' }, optionsLine, 'hello')).body).toString()).toBe('he')
	})

	it('may begin with a blank without being taken for a folded line', () => {
		expect(Buffer.from(accepted(optionsWith({}, optionsLine, ' hello')).body).toString()).toBe(' hello')
	})
})

describe('the start line', () => {
	it('may come after empty lines', () => {
		expect(accepted(Buffer.concat([Buffer.from('\r\n\r\n'), optionsWith({})]))).toMatchObject({ method: 'OPTIONS' })
	})

	it('takes the version in any case, keeps the case of method and URI', () => {
		const message = accepted(optionsWith({ CSeq: '1 Foo' }, 'Foo SIP:Bob@Example.COM sip/2.0'))
		expect(message).toMatchObject({ method: 'Foo', uri: 'SIP:Bob@Example.COM' })
	})

	it.each(['', 'GET / HTTP/1.1', 'HTTP/1.1 200 OK', 'OPTIONS', 'OPTIONSsip:bob@example.comSIP/2.0', '\0\x01\x02'])(
		'is none of SIP: %j',
		(line) => {
			expect(refused(optionsWith({}, line))).toEqual({ code: 'not-sip', detail: 'No SIP start line' })
		},
	)

	it.each([
		'SIP/2.0 099 Low',
		'SIP/2.0 700 High',
		'SIP/2.0 20 Short',
		'SIP/2.0  200 OK',
		'SIP/2.0 200OK',
		'SIP/3.0 200 OK',
	])('is a malformed Status-Line: %s', (line) => {
		expect(refused(optionsWith({}, line))).toEqual({ code: 'bad-start-line', detail: 'Malformed Status-Line' })
	})
})

describe('line breaks', () => {
	it.each([
		['LF alone', 'Subject: a\nX: b'],
		['CR alone', 'Subject: a\rX: b'],
		['CR before CRLF', 'Subject: a\r'],
	])('%s is refused', (_what, line) => {
		expect(refused(wire(optionsLine, line, 'Via: SIP/2.0/UDP a;branch=1', '', '')).code).toBe('bad-header')
	})

	it('must end the header fields with an empty line', () => {
		const whole = optionsWith({})
		expect(refused(whole.subarray(0, whole.length - 2)).code).toBe('bad-header')
	})

	it.each(['No colon here', ': no name', 'Bad Name: x', 'Näme: x', ' Subject: folded first line'])(
		'refuses the line %j',
		(line) => {
			expect(refused(wire(optionsLine, line, '', '')).code).toBe('bad-header')
		},
	)
})

describe('limits', () => {
	it('refuse a message that is too large with 513', () => {
		const error = refused(optionsWith({ Subject: 'x'.repeat(600) }), { maxMessageBytes: 500 })
		expect(error).toMatchObject({ code: 'too-large', reply: { status: 513, reason: 'Message Too Large' } })
	})

	it('refuse a header field that is too long, folded lines counted', () => {
		const folded = 'x\r\n '.repeat(30)
		expect(refused(optionsWith({ Subject: `${folded}x` }), { maxHeaderBytes: 100 })).toMatchObject({
			code: 'too-large',
			reply: { status: 513 },
		})
	})

	it('refuse a start line that is too long', () => {
		expect(refused(optionsWith({}, `OPTIONS sip:${'x'.repeat(200)} SIP/2.0`), { maxHeaderBytes: 100 }).code).toBe(
			'too-large',
		)
	})

	it('refuse too many header fields', () => {
		const result = refused(optionsWith({ A: '1', B: '2', C: '3' }), { maxHeaders: 8 })
		expect(result).toMatchObject({ code: 'too-many-headers', reply: { status: 513 } })
		expect(parseMessage(optionsWith({ A: '1', B: '2' }), { maxHeaders: 8 }).ok).toBe(true)
	})

	it.each([
		['parameters', { Contact: `<sip:a@b>${';p'.repeat(600)}` }],
		['entries of a list', { Supported: Array(600).fill('x').join(',') }],
		['entries over folded lines', { Supported: Array(600).fill('x').join(',\r\n ') }],
		['header fields of a URI', { Contact: `<sip:a@b?${Array(600).fill('h=v').join('&')}>` }],
	])('refuse too many %s in one header field', (_what, changes) => {
		expect(refused(optionsWith(changes))).toMatchObject({ code: 'too-many-parameters', reply: { status: 513 } })
		expect(parseMessage(optionsWith(changes), { maxParameters: 600 }).ok).toBe(true)
	})

	it('refuse too many parameters in a Request-URI', () => {
		const line = `OPTIONS sip:bob@example.com${';p'.repeat(600)} SIP/2.0`
		expect(refused(optionsWith({}, line))).toMatchObject({ code: 'too-many-parameters', reply: { status: 513 } })
	})

	it('let the same parameters pass in several header fields', () => {
		const contact = `<sip:a@b>${';p'.repeat(300)}`
		expect(parseMessage(optionsWith({ Contact: contact, m: contact })).ok).toBe(true)
	})
})

describe('the reply to a refused request', () => {
	it('copies what identifies the request, and tags To the same way for every copy of it', () => {
		const bytes = optionsWith({
			CSeq: '8 INVITE',
			Via: 'SIP/2.0/UDP a;branch=z9hG4bK1, SIP/2.0/UDP b',
			v: 'SIP/2.0/UDP c',
		})
		const { reply } = refused(bytes)
		const fields = [...(reply?.headers ?? [])].map(({ name, value }) => `${name}: ${value}`)
		const to = reply?.headers.get('To') ?? ''
		expect(fields).toEqual([
			'Via: SIP/2.0/UDP a;branch=z9hG4bK1, SIP/2.0/UDP b',
			'Via: SIP/2.0/UDP c',
			'From: <sip:caller@example.net>;tag=938',
			`To: ${to}`,
			'Call-ID: call.0ha0isndaksdj',
			'CSeq: 8 INVITE',
		])
		expect(reply?.reason).toBe('CSeq method differs from the request method')
		expect(tagOf(to)).toMatch(/^[0-9a-f]{16}$/)
		expect(refused(bytes).reply?.headers.get('To')).toBe(to)
	})

	it('keeps a tag that To has', () => {
		const { reply } = refused(optionsWith({ From: undefined, To: '<sip:bob@example.com>;tag=theirs' }))
		expect(reply?.headers.get('To')).toBe('<sip:bob@example.com>;tag=theirs')
	})

	it.each([
		['an ACK', optionsWith({ CSeq: '8 INVITE' }, 'ACK sip:bob@example.com SIP/2.0')],
		['a request that calls itself an ACK in CSeq', optionsWith({ CSeq: '8 ACK' })],
		['a response', optionsWith({ CSeq: undefined }, 'SIP/2.0 200 OK')],
		['a request without Via', optionsWith({ Via: undefined })],
		['a request with a Via that leads nowhere', optionsWith({ Via: 'SIP/2.0/UDP', From: undefined })],
		['a request without CSeq', optionsWith({ CSeq: undefined })],
	])('does not exist for %s', (_what, bytes) => {
		expect(refused(bytes).reply).toBeUndefined()
	})
})
