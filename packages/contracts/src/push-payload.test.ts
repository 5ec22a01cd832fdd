import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type CallNotice, type PushNotice, parsePushPayload, toApnsBody, toFcmData } from './push-payload.ts'

const call: CallNotice = {
	v: 1,
	event: 'call',
	callId: 'c-1',
	sipCallId: 'abc@upstream',
	accountId: 'a-1',
	from: { uri: 'sip:bob@example.com', displayName: 'Bob "Ω"' },
	to: 'sip:alice@example.com',
	deadline: 1_767_225_600_000,
}

const text = fc.string({ unit: 'binary', maxLength: 100 })
const id = fc.string({ minLength: 1, maxLength: 60 })
const notices: fc.Arbitrary<PushNotice> = fc.oneof(
	fc.record({
		v: fc.constant(1 as const),
		event: fc.constantFrom('call' as const, 'call-cancelled' as const),
		callId: id,
		sipCallId: id,
		accountId: id,
		from: fc.oneof(fc.record({ uri: text }), fc.record({ uri: text, displayName: text })),
		to: text,
		deadline: fc.integer({ min: 0, max: 4_000_000_000_000 }),
	}),
	fc.record({ v: fc.constant(1 as const), event: fc.constant('test' as const), deadline: fc.nat() }),
	fc.record({
		v: fc.constant(1 as const),
		event: fc.constant('refresh' as const),
		accountId: id,
		deadline: fc.nat(),
	}),
)

const seed = process.env.VIGIL_TEST_SEED ? { seed: Number(process.env.VIGIL_TEST_SEED) } : {}

describe('the vigil payload profile', () => {
	it('puts the notice beside aps for APNs', () => {
		expect(toApnsBody(call)).toEqual({ aps: {}, vigil: call })
	})

	it('is flat strings without a reserved key for FCM', () => {
		expect(toFcmData(call)).toEqual({
			v: '1',
			event: 'call',
			callId: 'c-1',
			sipCallId: 'abc@upstream',
			accountId: 'a-1',
			fromUri: 'sip:bob@example.com',
			fromDisplayName: 'Bob "Ω"',
			to: 'sip:alice@example.com',
			deadline: '1767225600000',
		})
	})

	it('reads back what either provider delivers', () => {
		const roundTrip = (notice: PushNotice) => {
			expect(parsePushPayload(JSON.parse(JSON.stringify(toApnsBody(notice))))).toEqual(notice)
			expect(parsePushPayload(toFcmData(notice))).toEqual(notice)
			expect(parsePushPayload({ data: toFcmData(notice) })).toEqual(notice)
		}
		fc.assert(fc.property(notices, roundTrip), seed)
	})

	it('cuts what is only shown and keeps the Call-ID whole', () => {
		const long = { ...call, sipCallId: 'x'.repeat(700), from: { uri: 'u'.repeat(600), displayName: '😀'.repeat(300) } }
		const parsed = parsePushPayload(toFcmData(long)) as CallNotice
		expect(parsed.sipCallId).toHaveLength(700)
		expect(parsed.from.uri).toHaveLength(512)
		expect(parsed.from.displayName).toBe('😀'.repeat(128))
	})

	it.each([
		['no object', 'text'],
		['nothing', undefined],
		['a list', []],
		['an empty object', {}],
		['another sender', { aps: { alert: 'x' }, other: {} }],
		['another version', { vigil: { ...call, v: 2 } }],
		['an unknown event', { vigil: { ...call, event: 'reboot' } }],
		['a call without its Call-ID', { vigil: { ...call, sipCallId: undefined } }],
		['a deadline that is no number', { ...toFcmData(call), deadline: 'soon' }],
	])('is undefined for %s', (_what, payload) => {
		expect(parsePushPayload(payload)).toBeUndefined()
	})

	it('never throws on what an app may hand in', () => {
		fc.assert(
			fc.property(fc.anything(), (payload) => {
				parsePushPayload(payload)
			}),
			seed,
		)
	})
})
