import type { DeviceId } from '@vigil/domain'
import { testSeed } from '@vigil/testkit'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type FlowToken, flowTokenKey, formatFlowToken, openFlowToken } from './flow-token.ts'

const key = flowTokenKey(Buffer.alloc(32, 7))
const seed = testSeed()

const deviceIds = fc.stringMatching(/^[A-Za-z0-9_:-]{1,40}$/).map((text) => text as DeviceId)
const workers = fc.record({
	transport: fc.constantFrom('udp' as const, 'tcp' as const),
	host: fc.oneof(fc.ipV4(), fc.ipV6(), fc.domain()),
	port: fc.integer({ min: 1, max: 65_535 }),
})
const tokens: fc.Arbitrary<FlowToken> = fc.oneof(
	deviceIds.map((deviceId) => ({ deviceId })),
	fc.record({ deviceId: deviceIds, worker: workers }),
)

describe('flow token', () => {
	it('says what was put into it, in characters that a URI takes', () => {
		fc.assert(
			fc.property(tokens, (token) => {
				const text = formatFlowToken(token, key)
				expect(text).toMatch(/^[A-Za-z0-9_-]+$/)
				expect(openFlowToken(text, key)).toEqual(token)
			}),
			{ seed },
		)
	})

	it('is void when any one character is changed, added or taken away', () => {
		fc.assert(
			fc.property(tokens, fc.nat(), fc.stringMatching(/^[A-Za-z0-9_-]{0,2}$/), (token, position, replacement) => {
				const text = formatFlowToken(token, key)
				const at = position % text.length
				const forged = text.slice(0, at) + replacement + text.slice(at + 1)
				fc.pre(forged !== text)
				expect(openFlowToken(forged, key)).toBeUndefined()
			}),
			{ seed },
		)
	})

	it('is void under another key', () => {
		fc.assert(
			fc.property(tokens, fc.uint8Array({ minLength: 16, maxLength: 32 }), (token, otherSecret) => {
				expect(openFlowToken(formatFlowToken(token, flowTokenKey(otherSecret)), key)).toBeUndefined()
			}),
			{ seed },
		)
	})

	it('never takes random text, and never throws on it', () => {
		fc.assert(
			fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.base64String()), (text) => {
				expect(openFlowToken(text, key)).toBeUndefined()
			}),
			{ seed },
		)
	})

	it('does not read what is too long for a token of ours', () => {
		expect(openFlowToken('A'.repeat(100_000), key)).toBeUndefined()
	})
})
