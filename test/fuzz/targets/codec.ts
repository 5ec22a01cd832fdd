import {
	answerChallenge,
	buildAckFor2xx,
	challengesOf,
	chooseChallenges,
	clientTransactionKey,
	confirmDialog,
	headerList,
	inDialogRequest,
	type ParseLimits,
	parseAuthenticationInfo,
	parseAuthorization,
	parseDeltaSeconds,
	parseMessage,
	parseNameAddr,
	parseUri,
	parseVia,
	readLightResponse,
	type SipMessage,
	serializeMessage,
	serverTransactionKey,
	uacDialog,
	uasDialog,
	urisEqual,
	validateMessage,
} from '@vigil/sip'
import type { FuzzInput } from '../inputs/input-source.ts'
import { fill } from '../inputs/messages.ts'
import { type FuzzRun, type FuzzTarget, must } from './target.ts'

/** No message is so hard to read; a slow machine gets several tries. */
const MAX_READ_MS = 250
const TRIES = 3

const ADDRESSES = [
	'From',
	'To',
	'Contact',
	'Route',
	'Record-Route',
	'Path',
	'Service-Route',
	'Refer-To',
	'P-Asserted-Identity',
]
const PLACES = { CSEQ: '7', SENTBY: '127.0.0.1:5060', CALL: 'call@x', TO: 't', FROM: 'f', BRANCH: 'b', PORT: '5062' }
const UNBOUNDED: ParseLimits = {
	maxMessageBytes: Number.MAX_SAFE_INTEGER,
	maxHeaders: Number.MAX_SAFE_INTEGER,
	maxHeaderBytes: Number.MAX_SAFE_INTEGER,
	maxParameters: Number.MAX_SAFE_INTEGER,
}
const PEER = parseUri('sip:held@push.example')

/** Parser, checks, writer and all that reads single values: nothing throws, and what was taken is written as the same message. */
export const codec: FuzzTarget = {
	name: 'codec',
	batch: 2000,
	start: async (): Promise<FuzzRun> => ({
		feed: ({ bytes }: FuzzInput) => readInTime(fill(bytes, PLACES)),
		settle: async () => {},
		rest: async () => ({}),
		close: async () => {},
	}),
}

function readInTime(bytes: Buffer): void {
	let fastest = Number.POSITIVE_INFINITY
	for (let i = 0; i < TRIES && fastest > MAX_READ_MS; i++) {
		const start = performance.now()
		read(bytes)
		fastest = Math.min(fastest, performance.now() - start)
	}
	must(fastest <= MAX_READ_MS, `reading ${bytes.length} bytes took ${Math.round(fastest)} ms`)
}

function read(bytes: Buffer): void {
	const result = parseMessage(bytes)
	compareLight(bytes, result.ok ? result.message : undefined)
	if (!result.ok) {
		if (result.error.reply) mustBeSendable(result.error.reply)
		return
	}
	const { message } = result
	const refusal = validateMessage(message)
	if (refusal?.reply) mustBeSendable(refusal.reply)
	readValues(message)
	mustComeBack(message)
	answerChallenges(message)
	if (!refusal) useDialog(message)
}

function mustBeSendable(message: SipMessage): void {
	must(serializeMessage(message).length > 0, 'an empty message')
}

function mustComeBack(message: SipMessage): void {
	const written = serializeMessage(message)
	const again = parseMessage(written, UNBOUNDED)
	must(again.ok, `what was written is refused: ${again.ok ? '' : again.error.detail}`)
	must(Buffer.compare(serializeMessage(again.message), written) === 0, 'what was written is not read as the same')
	must(Buffer.compare(again.message.body, message.body) === 0, 'the body has changed')
	must(fieldsOf(again.message) === fieldsOf(message), 'a header field has changed')
}

/** Every field but Content-Length, which is always written. */
function fieldsOf({ headers }: SipMessage): string {
	return JSON.stringify([...headers].filter(({ name }) => !/^(content-length|l)$/i.test(name)))
}

/** Whatever the short way through a response reads, the long way reads too. */
function compareLight(bytes: Buffer, message: SipMessage | undefined): void {
	const light = readLightResponse(bytes)
	if (!light) return
	must(message?.kind === 'response', 'a light response that the parser does not take')
	must(light.status === message.status && light.reason === message.reason, 'a light response with another status')
	for (const { name } of message.headers) {
		const same = JSON.stringify(light.all(name)) === JSON.stringify(message.headers.all(name))
		must(same, `a light response with another ${name}`)
	}
}

function readValues(message: SipMessage): void {
	const { headers } = message
	for (const name of ADDRESSES) {
		for (const entry of headerList(headers, name)) {
			const uri = parseUri(parseNameAddr(entry)?.uri ?? '')
			if (uri && PEER) must(urisEqual(uri, uri) && !urisEqual(PEER, uri) === !urisEqual(uri, PEER), 'unequal to itself')
		}
	}
	for (const entry of headerList(headers, 'Via')) parseVia(entry)
	for (const { value } of headers) {
		parseAuthorization(value)
		parseAuthenticationInfo(value)
		parseDeltaSeconds(value)
	}
	clientTransactionKey(message)
	if (message.kind === 'request') serverTransactionKey(message)
}

/** A dialog that a sound message makes can be used: what is sent in it can be written. */
function useDialog(message: SipMessage): void {
	const dialog = message.kind === 'response' ? uacDialog(REQUEST, message) : uasDialog(message, RESPONSE)
	if (!dialog) return
	const confirmed = message.kind === 'response' ? confirmDialog(dialog, message) : dialog
	mustBeSendable(inDialogRequest(confirmed, 'BYE').request)
	if (message.kind === 'response') mustBeSendable(buildAckFor2xx(confirmed, REQUEST))
}

function answerChallenges(message: SipMessage): void {
	if (message.kind === 'request') return
	const secret = { password: 'correct horse' }
	for (const challenge of chooseChallenges(challengesOf(message))) {
		const headers = REQUEST.headers.clone()
		const { method, uri } = REQUEST
		headers.set(
			'Authorization',
			answerChallenge({ challenge, username: 'held', secret, method, uri, cnonce: 'c', nc: 1 }),
		)
		mustBeSendable({ ...REQUEST, headers })
	}
}

const REQUEST = requestOf('INVITE sip:a@b.example SIP/2.0')
const RESPONSE = responseOf('SIP/2.0 200 OK')

function requestOf(startLine: string) {
	const message = plain(startLine)
	if (message.kind !== 'request') throw new TypeError('no request')
	return message
}

function responseOf(startLine: string) {
	const message = plain(startLine)
	if (message.kind !== 'response') throw new TypeError('no response')
	return message
}

function plain(startLine: string): SipMessage {
	const lines = [
		startLine,
		'Via: SIP/2.0/UDP a.example;branch=z9hG4bK1',
		'From: <sip:a@a.example>;tag=1',
		'To: <sip:b@b.example>;tag=2',
		'Call-ID: 1',
		'CSeq: 1 INVITE',
		'Contact: <sip:b@b.example>',
		'\r\n',
	]
	const result = parseMessage(Buffer.from(lines.join('\r\n')))
	if (!result.ok) throw new TypeError(result.error.detail)
	return result.message
}
