import fc from 'fast-check'
import { type IncomingRequestMessage, LoggerFactory, Parser } from 'sip.js/lib/core/index.js'
import { describe, expect, it } from 'vitest'
import { tagOf } from '../src/address/name-addr.ts'
import { topViaOf } from '../src/address/via.ts'
import { parseCSeq } from '../src/message/cseq.ts'
import type { SipMessage } from '../src/message/message.ts'
import { parseMessage } from '../src/message/parse.ts'
import { validateMessage } from '../src/message/validate.ts'
import { check } from './property.ts'
import { TORTURE_CASES, tortureBytes } from './torture-cases.ts'

// Where sip.js and we take the same message, we must read the same out of it. Where only one of us takes it, the table says why.

const loggers = new LoggerFactory()
loggers.builtinEnabled = false
const logger = loggers.getLogger('torture')

type Verdict = 'same' | 'only ours' | 'only theirs' | 'other fields'

/** By the name of the message. What is not here is read alike, or refused by both. */
const DIFFERENCES: Readonly<Record<string, readonly [verdict: Verdict, why: string]>> = {
	unksm2: ['only ours', 'sip.js knows no scheme but sip and sips in From and To'],
	badaspec: ['only ours', 'we overlook blanks around an address inside of <>, as the RFC allows'],
	baddn: ['only ours', 'we read a display name without its quotes, as the RFC allows'],
	clerr: ['only theirs', 'sip.js takes a body that is shorter than Content-Length'],
	scalar02: ['only theirs', 'sip.js takes a CSeq beyond 2^31'],
	scalarlg: ['only theirs', 'sip.js takes a CSeq beyond 2^31'],
	escruri: ['only theirs', 'sip.js takes header fields in a Request-URI'],
	badvers: ['only theirs', 'sip.js takes every version of SIP'],
	mismatch01: ['only theirs', 'sip.js does not compare the method of CSeq'],
	mismatch02: ['only theirs', 'sip.js does not compare the method of CSeq'],
	insuf: ['only theirs', 'sip.js leaves missing fields to the layer above its parser'],
	multi01: ['only theirs', 'sip.js takes the first of fields that may be there once'],
	mcl01: ['only theirs', 'sip.js takes the first of fields that may be there once'],
	'ipv6-bad': ['only theirs', 'sip.js does not look at the Request-URI'],
}

/** What both have to say of a message. */
interface Reading {
	readonly what: string | number
	readonly callId: string
	readonly cseq: number | undefined
	readonly fromTag: string
	readonly toTag: string
	readonly branch: string
	readonly host: string
	readonly body: string
}

function ours(bytes: Uint8Array): Reading | undefined {
	const result = parseMessage(bytes)
	return result.ok && !validateMessage(result.message) ? readingOf(result.message) : undefined
}

function readingOf(message: SipMessage): Reading {
	const { headers, body } = message
	const via = topViaOf(headers)
	const branch = via?.params.get('branch')
	return {
		what: message.kind === 'request' ? message.method : message.status,
		callId: headers.get('Call-ID') ?? '',
		cseq: parseCSeq(headers.get('CSeq') ?? '')?.number,
		fromTag: tagOf(headers.get('From') ?? '') ?? '',
		toTag: tagOf(headers.get('To') ?? '') ?? '',
		branch: branch === undefined || branch === true ? '' : branch,
		host: via?.host.toLowerCase() ?? '',
		body: Buffer.from(body).toString('utf8'),
	}
}

function theirs(bytes: Uint8Array): Reading | undefined {
	const read = readBySipJs(bytes)
	if (!read) return undefined
	const status = 'statusCode' in read ? (read.statusCode as number | undefined) : undefined
	return {
		what: status ?? read.method,
		callId: read.callId,
		cseq: read.cseq,
		fromTag: read.fromTag ?? '',
		toTag: read.toTag ?? '',
		branch: read.viaBranch ?? '',
		host: read.via?.host?.toLowerCase() ?? '',
		body: read.body ?? '',
	}
}

/** It throws where it cannot read CSeq. */
function readBySipJs(bytes: Uint8Array): IncomingRequestMessage | undefined {
	try {
		return Parser.parseMessage(Buffer.from(bytes).toString('utf8'), logger) as IncomingRequestMessage | undefined
	} catch {
		return undefined
	}
}

function verdict(bytes: Uint8Array): Verdict {
	const [own, other] = [ours(bytes), theirs(bytes)]
	if (own && other) return JSON.stringify(own) === JSON.stringify(other) ? 'same' : 'other fields'
	if (own) return 'only ours'
	return other ? 'only theirs' : 'same'
}

describe('the torture messages', () => {
	it.each(TORTURE_CASES)('$name: read like sip.js, or for a reason not', ({ name, file }) => {
		expect(verdict(tortureBytes(file))).toBe(DIFFERENCES[name]?.[0] ?? 'same')
	})
})

const COMMON = TORTURE_CASES.filter(({ name }) => DIFFERENCES[name] === undefined).map(({ file }) => tortureBytes(file))
const PIECES = [
	'\r\n',
	'\r\n ',
	' ',
	'\t',
	',',
	';',
	'=',
	'"',
	'\\',
	'<',
	'>',
	':',
	'@',
	'[',
	']',
	'?',
	'%41',
	'0',
	'x',
	'SIP/2.0',
]

const mutation = fc.record({ at: fc.nat(), remove: fc.nat({ max: 2 }), insert: fc.constantFrom('', ...PIECES) })

function mutated(bytes: Buffer, { at, remove, insert }: { at: number; remove: number; insert: string }): Buffer {
	const from = at % bytes.length
	return Buffer.concat([bytes.subarray(0, from), Buffer.from(insert), bytes.subarray(from + remove)])
}

/** An IPv6 address as the value of any parameter of a Via (here `received`, misspelt) is taken by sip.js for the sent-by. */
function takesParameterForHost({ host }: Reading): boolean {
	return host.startsWith('[2001:db8::9:')
}

describe('torture messages, changed here and there', () => {
	it('that both take read the same', () => {
		let taken = 0
		check(
			fc.property(fc.constantFrom(...COMMON), fc.array(mutation, { minLength: 1, maxLength: 3 }), (bytes, changes) => {
				const changed = changes.reduce(mutated, bytes)
				const [own, other] = [ours(changed), theirs(changed)]
				if (!own || !other) return
				taken++
				expect(own).toEqual(takesParameterForHost(other) ? { ...other, host: own.host } : other)
			}),
			600,
		)
		expect(taken).toBeGreaterThan(25)
	})
})
