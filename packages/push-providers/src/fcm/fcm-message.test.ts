import { parsePushPayload } from '@vigil/contracts'
import { describe, expect, it } from 'vitest'
import { callAttempt } from '../../test/attempts.ts'
import { UnsendablePushError } from '../notice.ts'
import { fcmMessage } from './fcm-message.ts'

const NOW = 1_767_225_600_000
const DEADLINE = NOW + 30_000.75

describe('fcmMessage', () => {
	it('is high-priority data that lives as long as the call rings', () => {
		const { token, android } = fcmMessage(callAttempt('fcm', { deadlineMs: DEADLINE }), NOW)
		expect(token).toBe('fcm-token')
		expect(android).toMatchObject({ priority: 'high', ttl: 30_000, collapseKey: 'call-1' })
		expect(Object.values(android.data).every((value) => typeof value === 'string')).toBe(true)
		expect(parsePushPayload({ data: android.data })).toMatchObject({
			event: 'call',
			sipCallId: 'abc@upstream',
			deadline: NOW + 30_000,
		})
	})

	it('tells that a call ended, in the place of an undelivered call', () => {
		const { android } = fcmMessage(callAttempt('fcm', { intent: 'call-cancelled' }), NOW)
		expect(android).toMatchObject({ collapseKey: 'call-1', data: { event: 'call-cancelled' } })
	})

	it('is for now or never at the deadline, and never beyond four weeks', () => {
		expect(fcmMessage(callAttempt('fcm', { deadlineMs: NOW - 1 }), NOW).android.ttl).toBe(0)
		expect(fcmMessage(callAttempt('fcm', { deadlineMs: NOW * 2 }), NOW).android.ttl).toBe(2_419_200_000)
	})

	it('carries a test without a call', () => {
		const { callId: _callId, ...attempt } = callAttempt('fcm', { intent: 'test', deadlineMs: DEADLINE })
		expect(fcmMessage(attempt, NOW).android).toEqual({
			priority: 'high',
			ttl: 30_000,
			data: { v: '1', event: 'test', deadline: `${NOW + 30_000}` },
		})
	})

	it('is not for tokens of APNs', () => {
		expect(() => fcmMessage(callAttempt('voip'), NOW)).toThrow(UnsendablePushError)
	})
})
