import { hasUriCharacters, isToken } from './grammar.ts'
import { canonicalHeaderName, knownHeaderName } from './header-names.ts'
import type { SipMessage } from './message.ts'
import { encodeText } from './octets.ts'

/** Thrown for a message that would not leave as the message it is: a line break in a value, a blank in a URI. A bug or an attack, never traffic. */
export class UnsafeMessageError extends Error {
	override readonly name = 'UnsafeMessageError'
}

/**
 * Writes a message. Header fields keep their order and spelling; Content-Length always says the length of the body, in its
 * place if the message has the field, else last. Throws UnsafeMessageError rather than let a value break out of its line.
 */
export function serializeMessage(message: SipMessage): Uint8Array {
	const { body } = message
	const head = encodeText(`${startLineOf(message)}\r\n${headerLines(message)}\r\n`)
	if (body.length === 0) return head
	const bytes = new Uint8Array(head.length + body.length)
	bytes.set(head, 0)
	bytes.set(body, head.length)
	return bytes
}

function startLineOf(message: SipMessage): string {
	if (message.kind === 'response')
		return `SIP/2.0 ${safeStatus(message.status)} ${safeValue(message.reason, 'reason phrase')}`
	if (!isToken(message.method)) throw new UnsafeMessageError('The method is no token')
	return `${message.method} ${safeUri(message.uri)} SIP/2.0`
}

function headerLines(message: SipMessage): string {
	let lines = ''
	let lengthWritten = false
	for (const { name, value } of message.headers) {
		if (canonicalHeaderName(name) !== 'content-length') lines += `${safeName(name)}: ${safeValue(value, name)}\r\n`
		else if (!lengthWritten) {
			lines += `${name}: ${message.body.length}\r\n`
			lengthWritten = true
		}
	}
	return lengthWritten ? lines : `${lines}Content-Length: ${message.body.length}\r\n`
}

function safeStatus(status: number): number {
	if (!Number.isInteger(status) || status < 100 || status > 699)
		throw new UnsafeMessageError('The status is none of SIP')
	return status
}

function safeName(name: string): string {
	if (knownHeaderName(name) === undefined && !isToken(name))
		throw new UnsafeMessageError('A header field name is no token')
	return name
}

function safeValue(value: string, where: string): string {
	if (value.includes('\n') || value.includes('\r')) throw new UnsafeMessageError(`A line break in ${where}`)
	return value
}

function safeUri(uri: string): string {
	if (!hasUriCharacters(uri)) throw new UnsafeMessageError('The Request-URI is empty or holds a blank')
	return uri
}
