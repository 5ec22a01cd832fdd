import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { message } from '../../test/arbitraries.ts'
import { check } from '../../test/property.ts'
import { parseMessage } from './parse.ts'
import { serializeMessage } from './serialize.ts'
import { validateMessage } from './validate.ts'

describe('the codec', () => {
	it('gives back every field, in order and spelling, and every byte of the body', () => {
		check(
			fc.property(message, (sent) => {
				const result = parseMessage(serializeMessage(sent))
				if (!result.ok) throw new Error(result.error.detail)
				expect([...result.message.headers]).toEqual([...sent.headers])
				expect(result.message).toMatchObject({ ...sent, headers: {}, body: {} })
				expect(Buffer.from(result.message.body)).toEqual(Buffer.from(sent.body))
			}),
			300,
		)
	})

	it('gives back the bytes of a message that is already in its form', () => {
		check(
			fc.property(message, (sent) => {
				const bytes = serializeMessage(sent)
				const result = parseMessage(bytes)
				if (!result.ok) throw new Error(result.error.detail)
				expect(Buffer.from(serializeMessage(result.message))).toEqual(Buffer.from(bytes))
			}),
			300,
		)
	})

	it('keeps bytes of a header field that are no UTF-8', () => {
		const free = fc.uint8Array({ minLength: 1, maxLength: 30 }).map((bytes) => bytes.filter((byte) => byte > 0x20))
		check(
			fc.property(free, (value) => {
				const bytes = withSubject(value)
				const result = parseMessage(bytes)
				if (!result.ok) throw new Error(result.error.detail)
				expect(Buffer.from(serializeMessage(result.message))).toEqual(bytes)
			}),
			300,
		)
	})

	it('never throws, whatever the bytes', () => {
		check(
			fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
				expect(parseMessage(bytes).ok).toBeTypeOf('boolean')
			}),
			500,
		)
	})

	it('never throws on a valid message with bytes changed, taken out and put in, and answers only with what can be sent', () => {
		const mutation = fc.record({ at: fc.nat(), remove: fc.nat({ max: 3 }), insert: interestingBytes })
		check(
			fc.property(message, fc.array(mutation, { minLength: 1, maxLength: 4 }), (sent, mutations) => {
				let bytes: Uint8Array = serializeMessage(sent)
				for (const change of mutations) bytes = mutate(bytes, change)
				const result = parseMessage(bytes)
				const error = result.ok ? validateMessage(result.message) : result.error
				if (result.ok) serializeMessage(result.message)
				if (error?.reply) expect(parseMessage(serializeMessage(error.reply)).ok).toBeTypeOf('boolean')
			}),
			1000,
		)
	})
})

const interestingBytes = fc.oneof(
	fc.uint8Array({ maxLength: 3 }),
	fc
		.constantFrom('\r\n', '\r\n ', '\n', '\r', ':', ' ', ',', '<', '>', '"', ';', '\\', '\0', '\r\n\r\n')
		.map((s) => Buffer.from(s)),
)

function mutate(bytes: Uint8Array, change: { at: number; remove: number; insert: Uint8Array }): Uint8Array {
	const at = bytes.length === 0 ? 0 : change.at % bytes.length
	return Buffer.concat([bytes.subarray(0, at), change.insert, bytes.subarray(at + change.remove)])
}

function withSubject(value: Uint8Array): Buffer {
	const start =
		'OPTIONS sip:bob@example.com SIP/2.0\r\nVia: SIP/2.0/UDP a.example;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\n'
	const rest = '\r\nTo: <sip:b@b>\r\nCall-ID: 1\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n'
	return Buffer.concat([Buffer.from(`${start}Subject: `), value, Buffer.from(rest)])
}
