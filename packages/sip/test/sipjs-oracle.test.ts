import fc from 'fast-check'
import { DigestAuthentication, LoggerFactory, type OutgoingRequestMessage, Parser } from 'sip.js/lib/core/index.js'
import { Grammar } from 'sip.js/lib/grammar/index.js'
import { describe, expect, it } from 'vitest'
import { unescapeUriPart } from '../src/address/escapes.ts'
import { parseNameAddr } from '../src/address/name-addr.ts'
import { parseUri, type SipUri } from '../src/address/uri.ts'
import { parseVia } from '../src/address/via.ts'
import { parseAuthorization, verifyAuthorization } from '../src/digest/authorization.ts'
import { formatChallenge } from '../src/digest/challenge.ts'
import { ha1 } from '../src/digest/response.ts'
import { parseCSeq } from '../src/message/cseq.ts'
import { parseMessage } from '../src/message/parse.ts'
import { serializeMessage } from '../src/message/serialize.ts'
import { message } from './arbitraries.ts'
import { check } from './property.ts'

// sip.js reads by the grammar of RFC 3261. What it takes, we take too, and read the same out of it.

const loggers = new LoggerFactory()
loggers.builtinEnabled = false

const uriPiece = fc.constantFrom(
	...[
		'sip:',
		'sips:',
		'alice',
		'%41',
		'+1-2',
		':',
		'pw',
		'@',
		'example.com',
		'192.0.2.1',
		'[2001:db8::1]',
		':5060',
		';flag',
	],
	...[';transport=TCP', ';a=b', '?', 'Subject=x', '&', 'To=y%20z', '&&', ';', '=', '.', '-', '_', '~', '/', '*'],
)
const uriText = fc.oneof(
	fc.uniqueArray(uriPiece, { maxLength: 8 }).map((pieces) => pieces.join('')),
	fc.uniqueArray(uriPiece, { maxLength: 4 }).map((pieces) => `sip:alice@example.com${pieces.join('')}`),
)

describe('URIs', () => {
	it('that sip.js takes read the same', () => {
		let taken = 0
		check(
			fc.property(uriText, (text) => {
				const theirs = Grammar.URIParse(text)
				// It also takes a colon without a port, as NaN.
				if (!theirs || Number.isNaN(theirs.port)) return
				taken++
				expect(readLikeSipJs(text)).toEqual({
					scheme: theirs.scheme,
					user: theirs.user,
					host: theirs.host,
					port: theirs.port,
					params: theirs.parameters,
				})
			}),
			1000,
		)
		expect(taken).toBeGreaterThan(100)
	})
})

/** sip.js folds the password into the user, undoes escapes there, and puts parameters and host in lower case. */
function readLikeSipJs(text: string): unknown {
	const uri = parseUri(text)
	if (uri?.scheme !== 'sip' && uri?.scheme !== 'sips') return uri
	const { scheme, host, port, params } = uri
	const entries = [...params].map(([name, value]) => [name, value === undefined ? null : value.toLowerCase()])
	return { scheme, user: userInfo(uri), host: host.toLowerCase(), port, params: Object.fromEntries(entries) }
}

function userInfo(uri: SipUri): string | undefined {
	if (uri.user === undefined) return undefined
	return unescapeUriPart(uri.user) + (uri.password === undefined ? '' : `:${uri.password}`)
}

const addressPiece = fc.constantFrom(
	...[
		'"',
		'\\"',
		'Alice',
		' ',
		'<',
		'>',
		'sip:a@b',
		'sip:h:5060;lr',
		';',
		'tag',
		'=',
		'1',
		'"x y"',
		';q=0.5',
		';expires=60',
		'\t',
	],
)
const addressText = fc.oneof(
	fc.array(addressPiece, { maxLength: 8 }).map((pieces) => pieces.join('')),
	fc.array(addressPiece, { maxLength: 5 }).map((pieces) => `"Al" <sip:a@b;lr>${pieces.join('')}`),
	fc.array(addressPiece, { maxLength: 4 }).map((pieces) => `${pieces.join('')}<sip:a@b>;tag=1`),
)

describe('name-addr', () => {
	it('that sip.js takes reads the same', () => {
		let taken = 0
		check(
			fc.property(addressText, (text) => {
				const theirs = Grammar.nameAddrHeaderParse(text)
				if (!theirs) return
				taken++
				const ours = parseNameAddr(text)
				expect(Object.keys(theirs.parameters).sort()).toEqual([...(ours?.params.keys() ?? [])].sort())
				expect(readLikeSipJs(ours?.uri ?? '')).toMatchObject({ host: theirs.uri.host, user: theirs.uri.user })
			}),
			1000,
		)
		expect(taken).toBeGreaterThan(100)
	})
})

const viaPiece = fc.constantFrom(
	...[
		'SIP',
		'/',
		'2.0',
		'UDP',
		'WSS',
		' ',
		'h.example.com',
		'192.0.2.1',
		'[::1]',
		':',
		'5070',
		';rport',
		';branch=z9hG4bK1',
		';ttl=3',
	],
)
const viaText = fc.oneof(
	fc.uniqueArray(viaPiece, { maxLength: 10 }).map((pieces) => pieces.join('')),
	fc.uniqueArray(viaPiece, { maxLength: 5 }).map((pieces) => `SIP/2.0/TCP h${pieces.join('')}`),
)

describe('Via', () => {
	it('that sip.js takes reads the same', () => {
		let taken = 0
		check(
			fc.property(viaText, (text) => {
				const theirs = Grammar.parse(text, 'Via')
				// It also takes a colon without a port.
				if (theirs === -1 || /:[ \t]*(;|$)/.test(text)) return
				taken++
				const ours = parseVia(text)
				expect(ours).toMatchObject({ transport: theirs.transport, host: theirs.host })
				expect(ours?.port).toBe(theirs.port)
				expect(ours?.params.get('branch')).toBe(theirs.branch)
			}),
			1000,
		)
		expect(taken).toBeGreaterThan(100)
	})
})

describe('messages', () => {
	it('that sip.js takes read the same', () => {
		let taken = 0
		check(
			fc.property(message, (sent) => {
				const text = Buffer.from(serializeMessage(sent)).toString('utf8')
				const theirs = Parser.parseMessage(text, loggers.getLogger('oracle'))
				const ours = parseMessage(Buffer.from(text))
				if (!theirs || !ours.ok) return
				taken++
				const { headers } = ours.message
				expect(headers.get('Call-ID')).toBe(theirs.callId)
				expect(parseCSeq(headers.get('CSeq') ?? '')?.number).toBe(theirs.cseq)
				expect(parseNameAddr(headers.get('From') ?? '')?.params.get('tag')).toBe(theirs.fromTag)
			}),
			200,
		)
		expect(taken).toBeGreaterThan(20)
	})
})

describe('digest', () => {
	it('answers of sip.js satisfy our server', () => {
		const plain = fc.stringMatching(/^[A-Za-z0-9 @.:-]{1,20}$/)
		check(
			fc.property(plain, plain, plain, fc.subarray(['auth', 'auth-int'] as const), (realm, username, password, qop) => {
				const text = formatChallenge({ realm, nonce: 'n', algorithm: 'MD5', qop })
				const client = new DigestAuthentication(loggers, undefined, username, password)
				const request = { method: 'REGISTER', ruri: 'sip:example.com' } as unknown as OutgoingRequestMessage
				expect(client.authenticate(request, Grammar.parse(text, 'WWW_Authenticate'), 'body')).toBe(true)
				const authorization = parseAuthorization(client.toString())
				if (!authorization) throw new Error('unread')
				const verified = verifyAuthorization({
					authorization,
					method: 'REGISTER',
					ha1: (algorithm) => ha1(algorithm, username, realm, password),
					body: Buffer.from('body'),
				})
				expect(verified).toBe(true)
			}),
		)
	})
})
