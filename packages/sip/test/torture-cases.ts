import { readFileSync } from 'node:fs'
import type { ParseErrorCode } from '../src/message/parse-error.ts'

/** The final status that is answered, or nothing at all. */
export type ExpectedResponse = number | 'nothing'

/** What an element must do with one message of RFC 4475 or RFC 5118. */
export interface TortureCase {
	/** The name that the RFC gives it. */
	readonly name: string
	readonly section: string
	readonly file: string
	/** Why it is refused, by `parseMessage` or by `validateMessage`; undefined when both take it. */
	readonly refused?: { readonly by: 'parse' | 'validate'; readonly code: ParseErrorCode }
	/** What the sender of a datagram hears of a user agent that says 200 to everything that is in order. */
	readonly udp: ExpectedResponse
	/** The same over a stream, where the end of a message matters. */
	readonly tcp: readonly ExpectedResponse[]
	/** What becomes of the stream: it goes on, is closed, or waits for the rest of the message until it is closed. */
	readonly stream: 'open' | 'closed' | 'waiting'
	/** What a registration worker with an account `held`, for which no device can be woken, answers on its upstream side. */
	readonly worker: ExpectedResponse
}

type Expectation = Omit<TortureCase, 'name' | 'section' | 'file'>

/** Well formed and answered by 200; the worker has its own word. */
function fine(worker: ExpectedResponse, change: Partial<Expectation> = {}): Expectation {
	return { udp: 200, tcp: [200], stream: 'open', worker, ...change }
}

/** A response: never answered, belongs to nobody. */
const stray: Expectation = { udp: 'nothing', tcp: [], stream: 'open', worker: 'nothing' }

function refused(by: 'parse' | 'validate', code: ParseErrorCode, expected: ExpectedResponse = 400): Expectation {
	const tcp = expected === 'nothing' ? [] : [expected]
	return { refused: { by, code }, udp: expected, tcp, stream: 'open', worker: expected }
}

const badValue = refused('validate', 'bad-value')
const badStart = refused('parse', 'bad-start-line')
const endsStream: Partial<Expectation> = { stream: 'closed' }

/** No device of the account can be woken. */
const NOBODY = 480
/** The Request-URI has no Contact token of an account. */
const UNKNOWN = 404

const VALID: readonly (readonly [section: string, name: string, expectation: Expectation])[] = [
	// Its To has a tag, of a dialog that does not exist.
	['3.1.1.1', 'wsinv', fine(481)],
	['3.1.1.2', 'intmeth', fine(UNKNOWN)],
	['3.1.1.3', 'esc01', fine(UNKNOWN)],
	['3.1.1.4', 'escnull', fine(UNKNOWN)],
	['3.1.1.5', 'esc02', fine(UNKNOWN)],
	['3.1.1.6', 'lwsdisp', fine(200)],
	['3.1.1.7', 'longreq', fine(NOBODY)],
	// What follows the first request in a datagram is dropped; a stream brings a second request.
	['3.1.1.8', 'dblreq', fine(UNKNOWN, { tcp: [200, 200] })],
	['3.1.1.9', 'semiuri', fine(UNKNOWN)],
	['3.1.1.10', 'transports', fine(200)],
	['3.1.1.11', 'mpart01', fine(405)],
	['3.1.1.12', 'unreason', stray],
	['3.1.1.13', 'noreason', stray],
	// The branch has no identifier, so the rules of RFC 2543 tell transactions apart.
	['3.2.1', 'badbranch', fine(200)],
	['3.3.2', 'unkscm', fine(416)],
	['3.3.3', 'novelsc', fine(416)],
	['3.3.4', 'unksm2', fine(UNKNOWN)],
	['3.3.5', 'bext01', fine(420)],
	// Bodies and what is said of them are the devices' business.
	['3.3.6', 'invut', fine(NOBODY)],
	['3.3.7', 'regaut01', fine(UNKNOWN)],
	['3.3.10', 'bcast', stray],
	['3.3.11', 'zeromf', fine(200)],
	['3.3.12', 'cparam01', fine(UNKNOWN)],
	['3.3.13', 'cparam02', fine(UNKNOWN)],
	['3.3.14', 'regescrt', fine(UNKNOWN)],
	['3.3.15', 'sdp01', fine(NOBODY)],
	['3.4.1', 'inv2543', fine(NOBODY)],
]

const INVALID: typeof VALID = [
	['3.1.2.1', 'badinv01', badValue],
	['3.1.2.2', 'clerr', { ...refused('parse', 'bad-content-length'), tcp: [], stream: 'waiting' }],
	['3.1.2.3', 'ncl', { ...refused('parse', 'bad-content-length'), ...endsStream }],
	['3.1.2.4', 'scalar02', refused('parse', 'bad-value')],
	['3.1.2.5', 'scalarlg', refused('parse', 'bad-value', 'nothing')],
	['3.1.2.6', 'quotbal', badValue],
	['3.1.2.7', 'ltgtruri', badStart],
	['3.1.2.8', 'lwsruri', badStart],
	['3.1.2.9', 'lwsstart', badStart],
	['3.1.2.10', 'trws', badStart],
	['3.1.2.11', 'escruri', badValue],
	// Nobody here has a use for Date, so a bad one is left alone, as the RFC allows.
	['3.1.2.12', 'baddate', fine(NOBODY)],
	['3.1.2.13', 'regbadct', badValue],
	// Blanks around an address inside of <> and a display name without its quotes are read as they are meant, as the RFC allows.
	['3.1.2.14', 'badaspec', fine(200)],
	['3.1.2.15', 'baddn', fine(200)],
	['3.1.2.16', 'badvers', refused('parse', 'bad-start-line', 505)],
	['3.1.2.17', 'mismatch01', refused('parse', 'bad-value')],
	['3.1.2.18', 'mismatch02', refused('parse', 'bad-value')],
	['3.1.2.19', 'bigcode', refused('parse', 'bad-start-line', 'nothing')],
	['3.3.1', 'insuf', refused('parse', 'missing-header')],
	['3.3.8', 'multi01', refused('parse', 'bad-value')],
	['3.3.9', 'mcl01', { ...refused('parse', 'bad-value'), ...endsStream }],
]

const IPV6: typeof VALID = [
	['4.1', 'ipv6-good', fine(UNKNOWN)],
	['4.2', 'ipv6-bad', badValue],
	// A port inside of the brackets is one more group of the address.
	['4.3', 'port-ambiguous', fine(UNKNOWN)],
	['4.4', 'port-unambiguous', fine(UNKNOWN)],
	['4.5', 'via-received-param-with-delim', fine(481)],
	['4.5', 'via-received-param-no-delim', fine(200)],
	['4.6', 'ipv6-in-sdp', fine(NOBODY)],
	['4.7', 'mult-ip-in-header', fine(200)],
	['4.8', 'mult-ip-in-sdp', fine(NOBODY)],
	['4.9', 'ipv4-mapped-ipv6', fine(NOBODY)],
	['4.10', 'ipv6-bug-abnf-3-colons', badValue],
	['4.10', 'ipv6-correct-abnf-2-colons', fine(200)],
]

function cases(rfc: string, folder: string, list: typeof VALID): TortureCase[] {
	return list.map(([section, name, expectation]) => ({
		name,
		section: `RFC ${rfc} ${section}`,
		file: `${folder}/${name}.dat`,
		...expectation,
	}))
}

/** Every message of RFC 4475 (49) and of RFC 5118 (12). */
export const TORTURE_CASES: readonly TortureCase[] = [
	...cases('4475', 'torture/valid', VALID),
	...cases('4475', 'torture/invalid', INVALID),
	...cases('5118', 'ipv6', IPV6),
]

const TESTDATA = new URL('../testdata/', import.meta.url)
const VIA_PORT = Buffer.from(':15060')

/** The bytes of a file in testdata. */
export function tortureBytes(file: string): Buffer {
	return readFileSync(new URL(file, TESTDATA))
}

/** The message as if its sender listened on `port`: the first mention of the port that all files share is replaced. */
export function sentFromPort(bytes: Buffer, port: number): Buffer {
	const at = bytes.indexOf(VIA_PORT)
	if (at < 0) return bytes
	return Buffer.concat([bytes.subarray(0, at), Buffer.from(`:${port}`), bytes.subarray(at + VIA_PORT.length)])
}
