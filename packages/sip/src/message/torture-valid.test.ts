import { describe, expect, it } from 'vitest'
import { optionsWith, wire } from '../../test/wire.ts'
import { unescapeUriPart } from '../address/escapes.ts'
import { headerList } from '../address/list.ts'
import { parseNameAddr } from '../address/name-addr.ts'
import { parseUri } from '../address/uri.ts'
import { parseVia, topVia } from '../address/via.ts'
import type { SipMessage } from './message.ts'
import { parseMessage } from './parse.ts'
import { serializeMessage } from './serialize.ts'
import { validateMessage } from './validate.ts'

// The syntactically valid messages of RFC 4475 3.1.1 and RFC 5118, in our own rendering. Each must be read, pass the checks and leave as the same message.

function accepted(bytes: Uint8Array): SipMessage {
	const result = parseMessage(bytes)
	if (!result.ok) throw new Error(result.error.detail)
	expect(validateMessage(result.message)).toBeUndefined()
	const sent = serializeMessage(result.message)
	const again = parseMessage(sent)
	expect(again.ok && Buffer.from(serializeMessage(again.message))).toEqual(Buffer.from(sent))
	return result.message
}

function userOf(uri: string): string | undefined {
	const parsed = parseUri(uri)
	return parsed?.scheme === 'sip' ? parsed.user : undefined
}

describe('RFC 4475, valid messages', () => {
	it('3.1.1.1 a short tortuous INVITE', () => {
		const message = accepted(
			wire(
				'INVITE sip:vivekg@chair-dnrc.example.com;unknownparam SIP/2.0',
				'TO :',
				' sip:vivekg@chair-dnrc.example.com ;   tag    = 1918181833n',
				'from   : "J Rosenberg \\\\\\""       <sip:jdrosen@example.com>',
				'  ;',
				'  tag = 98asjd8',
				'MaX-fOrWaRdS: 0068',
				'Call-ID: wsinv.ndaksdj@192.0.2.1',
				'Content-Length   : 4',
				'cseq: 0009',
				'  INVITE',
				'Via  : SIP  /   2.0',
				' /UDP',
				'    192.0.2.2;branch=390skdjuw',
				's :',
				'NewFangledHeader:   newfangled value',
				' continued newfangled value',
				'UnknownHeaderWithUnusualValue: ;;,,;;,;',
				'Route:',
				' <sip:services.example.com;lr;unknownwith=value;unknown-no-value>',
				'v:  SIP  / 2.0  / TCP     spindle.example.com   ;',
				'  branch  =   z9hG4bK9ikj8  ,',
				' SIP  /    2.0   / UDP  192.168.255.111   ; branch=',
				' z9hG4bK30239',
				'm:"Quoted string \\"\\"" <sip:jdrosen@example.com> ; newparam =',
				'      newvalue ;',
				'  secondparam ; q = 0.33',
				'',
				'v=0\r',
			),
		)
		const { headers } = message
		expect(parseNameAddr(headers.get('From') ?? '')).toMatchObject({ displayName: 'J Rosenberg \\"' })
		expect(parseNameAddr(headers.get('To') ?? '')?.params.get('tag')).toBe('1918181833n')
		expect(headers.get('NewFangledHeader')).toBe('newfangled value continued newfangled value')
		expect(headers.get('Subject')).toBe('')
		expect(headerList(headers, 'Via').map((via) => parseVia(via)?.transport)).toEqual(['UDP', 'TCP', 'UDP'])
		expect(parseNameAddr(headers.get('Contact') ?? '')?.params).toEqual(
			new Map<string, string | true>([
				['newparam', 'newvalue'],
				['secondparam', true],
				['q', '0.33'],
			]),
		)
	})

	it('3.1.1.2 a wide range of valid characters', () => {
		const message = accepted(
			wire(
				"!interesting-Method0123456789_*+`.%indeed'~ sip:1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*:&it+has=1,weird!*pas$wo~d_too.(doesn't-it)@example.com SIP/2.0",
				"Via: SIP/2.0/UDP host1.example.com;branch=z9hG4bK-.!%66*_+`'~",
				'To: "BEL:\\\x07 NUL:\\\x00 DEL:\\\x7f" <sip:1_unusual.URI~(to-be!sure)&isn\'t+it$/crazy?,/;;*@example.com>',
				"From: token1~` token2'+_ token3*%!.- <sip:mundane@example.com>;fromParam''~+*_!.-%=\"\u0440\u0430\u0431\u043e\u0442\u0430\u044e\u0449\u0438\u0439\";tag=_token~1'+`*%!-.",
				'Call-ID: intmeth.word%ZK-!.*_+\'@word`~)(><:\\/"][?}{',
				"CSeq: 139122385 !interesting-Method0123456789_*+`.%indeed'~",
				'Max-Forwards: 255',
				"extensionHeader-!.%*+_`'~:\ufeff\u5927\u505c\u96fb",
				'Content-Length: 0',
				'',
				'',
			),
		)
		expect(parseNameAddr(message.headers.get('To') ?? '')?.displayName).toBe('BEL:\x07 NUL:\x00 DEL:\x7f')
		expect(message.kind === 'request' && parseUri(message.uri)).toMatchObject({ host: 'example.com' })
	})

	it('3.1.1.3 and 3.1.1.4 escapes in URIs, of NUL too', () => {
		const message = accepted(
			optionsWith({ To: '<sip:%75se%72@example.com>', From: '<sip:null-%00-null@example.com>;tag=1' }),
		)
		const to = parseNameAddr(message.headers.get('To') ?? '')?.uri ?? ''
		expect(unescapeUriPart(userOf(to) ?? '')).toBe('user')
		expect(unescapeUriPart('null-%00-null')).toBe('null-\0-null')
	})

	it('3.1.1.5 percent signs that begin no escape, in a method', () => {
		const line = 'RE%47IST%45R sip:registrar.example.com SIP/2.0'
		expect(accepted(optionsWith({ CSeq: '29344 RE%47IST%45R' }, line))).toMatchObject({ method: 'RE%47IST%45R' })
	})

	it('3.1.1.6 no blank between display name and <', () => {
		const message = accepted(optionsWith({ From: 'caller<sip:caller@example.com>;tag=323' }))
		expect(parseNameAddr(message.headers.get('From') ?? '')).toMatchObject({ displayName: 'caller' })
	})

	it('3.1.1.7 long values', () => {
		const long = 'long'.repeat(300)
		const message = accepted(optionsWith({ From: `"${long}" <sip:${long}@example.net;${long}=${long}>;tag=${long}` }))
		expect(parseNameAddr(message.headers.get('From') ?? '')?.params.get('tag')).toBe(long)
	})

	it('3.1.1.8 octets behind the end of a datagram', () => {
		const second = 'INVITE sip:joe@example.com SIP/2.0\r\nt: sip:joe@example.com\r\n\r\n'
		expect(accepted(optionsWith({ 'Content-Length': '0' }, undefined, second)).body).toHaveLength(0)
	})

	it('3.1.1.9 parameters in the user part', () => {
		const message = accepted(optionsWith({}, 'OPTIONS sip:user;par=u%40example.net@example.com SIP/2.0'))
		expect(message.kind === 'request' && parseUri(message.uri)).toMatchObject({
			user: 'user;par=u%40example.net',
			host: 'example.com',
			params: new Map(),
		})
	})

	it('3.1.1.10 transports known and unknown', () => {
		const entry = (transport: string): string => `SIP/2.0/${transport} t.example.com;branch=z9hG4bK${transport}`
		const list = ['UDP', 'SCTP', 'TLS', 'UNKNOWN', 'TCP'].map(entry).join(', ')
		expect(topVia(accepted(optionsWith({ Via: list })))?.transport).toBe('UDP')
	})

	it('3.1.1.11 a multipart body with binary bytes', () => {
		const body = '--7a9c\r\nContent-Type: text/plain\r\n\r\nHello\r\n--7a9c\r\n\r\n\0\x01\x02\r\n--7a9c--'
		expect(accepted(optionsWith({ 'Content-Length': `${body.length}` }, undefined, body)).body).toHaveLength(
			body.length,
		)
	})

	it('3.1.1.12 and 3.1.1.13 unusual and empty reason phrases', () => {
		const unusual =
			'= 2**3 * 5**2 \u043d\u043e \u0441\u0442\u043e \u0434\u0435\u0432\u044f\u043d\u043e\u0441\u0442\u043e'
		expect(accepted(optionsWith({}, `SIP/2.0 200 ${unusual}`))).toMatchObject({ reason: unusual })
		expect(accepted(optionsWith({}, 'SIP/2.0 100 '))).toMatchObject({ status: 100, reason: '' })
		expect(accepted(optionsWith({}, 'SIP/2.0 100'))).toMatchObject({ status: 100, reason: '' })
	})

	it.each([
		['3.2.1 no transaction identifier', { Via: 'SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK' }],
		['3.3.2 unknown schemes in header fields', { To: 'isbn:2983792873', From: '<http://www.example.com>;tag=3234233' }],
		['3.3.9 a telephone number in From', { From: '<tel:+358-555-1234567>;tag=1' }],
		[
			'3.3.15 an RFC 2543 peer',
			{ 'Max-Forwards': undefined, Via: 'SIP/2.0/UDP iftgw.example.com', From: '<sip:a@example.com>' },
		],
		['3.3.11 a Contact that mixes parameters', { Contact: 'sip:+19725552222@gw1.example.net;unknownparam' }],
		['3.3.13 a Route inside of a Contact', { Contact: '<sip:user@example.com?Route=%3Csip:sip.example.com%3E>' }],
	])('%s', (_name, changes) => {
		accepted(optionsWith(changes))
	})
})

describe('RFC 5118, IPv6', () => {
	it.each(['[2001:db8::10]', '[2001:db8::10:5070]', '[2001:db8::10]:5070', '[::ffff:192.0.2.10]'])(
		'takes %s',
		(host) => {
			accepted(optionsWith({ Via: `SIP/2.0/UDP ${host};branch=z9hG4bKas3` }, `OPTIONS sip:user@${host} SIP/2.0`))
		},
	)

	it.each(['[2001:db8::9:255]', '2001:db8::9:255'])('takes received=%s', (received) => {
		const message = accepted(
			optionsWith({ Via: `SIP/2.0/UDP [2001:db8::9:1];received=${received};branch=z9hG4bKas3-111` }),
		)
		expect(topVia(message)?.params.get('received')).toBe(received)
	})
})
