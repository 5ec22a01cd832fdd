import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SipFraming } from './sip-framing.ts'

const MESSAGES = [
	'OPTIONS sip:a SIP/2.0\r\nContent-Length: 4\r\n\r\nbody',
	'BYE sip:b SIP/2.0\r\nl:0\r\n\r\n',
	'SIP/2.0 200 OK\r\nCSeq: 1 BYE\r\n\r\n',
]
const seed = process.env.VIGIL_TEST_SEED ? { seed: Number(process.env.VIGIL_TEST_SEED) } : {}

describe('SipFraming', () => {
	it('finds the same messages however the stream is cut', () => {
		const stream = Buffer.from(MESSAGES.join(''))
		fc.assert(
			fc.property(fc.array(fc.integer({ min: 1, max: 40 })), (sizes) => {
				const framing = new SipFraming()
				const found: string[] = []
				let at = 0
				for (const size of [...sizes, stream.length]) {
					const { messages } = framing.push(stream.subarray(at, at + size))
					found.push(...messages.map((message) => Buffer.from(message).toString()))
					at += size
				}
				expect(found).toEqual(MESSAGES)
			}),
			seed,
		)
	})

	it('counts pings and skips single blank lines', () => {
		const framing = new SipFraming()
		expect(framing.push(Buffer.from('\r\n\r\n'))).toEqual({ messages: [], pings: 1 })
		expect(framing.push(Buffer.from(`\r\n${MESSAGES[1]}`)).messages).toHaveLength(1)
	})
})
