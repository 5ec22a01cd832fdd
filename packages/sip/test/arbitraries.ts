import fc from 'fast-check'
import { Headers } from '../src/message/headers.ts'
import type { SipMessage } from '../src/message/message.ts'

const TOKEN_CHARACTERS = [..."ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-.!%*_+`'~"]

export const token = fc.string({ unit: fc.constantFrom(...TOKEN_CHARACTERS), minLength: 1, maxLength: 12 })

const alphanumeric = fc.constantFrom(...'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789')
const label = fc.string({ unit: alphanumeric, minLength: 1, maxLength: 8 })
const ipv6 = fc.constantFrom('[::1]', '[2001:db8::10]', '[2001:DB8:0:0:0:0:0:10]', '[::ffff:192.0.2.1]')
export const host = fc.oneof(
	fc.array(label, { minLength: 1, maxLength: 3 }).map((labels) => labels.join('.')),
	fc.ipV4(),
	ipv6,
)

/** A header field value: anything but line breaks, blanks at its ends gone. */
const headerValue = fc
	.string({ unit: 'grapheme', maxLength: 40 })
	.map((text) => text.replace(/[\r\n]/g, '').replace(/^[ \t]+|[ \t]+$/g, ''))

/** Text without line breaks, such as a display name or a realm, quotes and backslashes included. */
export const quotable = fc
	.string({
		unit: fc.oneof(fc.constantFrom('"', '\\', ',', ';', '<', '>', ' '), fc.string({ minLength: 1, maxLength: 1 })),
	})
	.map((text) => text.replace(/[\r\n]/g, ''))

const MANDATORY = ['Via', 'From', 'To', 'Call-ID', 'CSeq', 'Max-Forwards', 'Content-Length', 'v', 'f', 't', 'i', 'l']

const extraField = fc
	.tuple(token, headerValue)
	.filter(([name]) => !MANDATORY.some((mandatory) => mandatory.toLowerCase() === name.toLowerCase()))
	.map(([name, value]) => ({ name, value }))

const method = fc.oneof(fc.constantFrom('REGISTER', 'INVITE', 'MESSAGE', 'OPTIONS'), token)

/** A message that every reader must take, its fields in any order and between unknown ones. */
export const message: fc.Arbitrary<SipMessage> = fc
	.record({
		method,
		status: fc.option(fc.integer({ min: 100, max: 699 })),
		reason: headerValue,
		cseq: fc.nat(),
		number: fc.nat(),
		host,
		extra: fc.array(extraField, { maxLength: 6 }),
		order: fc.infiniteStream(fc.nat()),
		body: fc.uint8Array({ maxLength: 60 }),
	})
	.map((parts) => {
		const fields = [
			{ name: 'Via', value: `SIP/2.0/UDP ${parts.host};branch=z9hG4bK${parts.number}` },
			{ name: 'f', value: `<sip:ann@${parts.host}>;tag=${parts.number}` },
			{ name: 'To', value: '<sip:bob@example.com>' },
			{ name: 'CALL-ID', value: `${parts.number}@example.com` },
			{ name: 'CSeq', value: `${parts.cseq} ${parts.method}` },
			{ name: 'Content-Length', value: `${parts.body.length}` },
			...parts.extra,
		]
		const headers = new Headers(shuffled(fields, parts.order))
		const { body } = parts
		if (parts.status !== null) return { kind: 'response', status: parts.status, reason: parts.reason, headers, body }
		return { kind: 'request', method: parts.method, uri: `sip:bob@${parts.host}`, headers, body }
	})

function shuffled<T>(items: readonly T[], order: Iterable<number>): T[] {
	const keys = order[Symbol.iterator]()
	return items
		.map((item) => ({ item, key: keys.next().value ?? 0 }))
		.sort((a, b) => a.key - b.key)
		.map(({ item }) => item)
}

/** Any text at all, lone surrogates included, with more than its share of the characters that SIP gives a meaning. */
export const anyText = fc.string({
	unit: fc.oneof(
		fc.constantFrom(
			...['"', '\\', '<', '>', ';', ',', ':', '@', '=', '?', '[', ']', '%', ' ', '\t', '\r', '\n', '\0', 'a', '1'],
		),
		fc.nat({ max: 0xffff }).map((code) => String.fromCharCode(code)),
	),
	maxLength: 30,
})
