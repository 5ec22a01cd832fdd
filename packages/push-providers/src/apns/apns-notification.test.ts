import { parsePushPayload } from '@vigil/contracts'
import { describe, expect, it } from 'vitest'
import { callAttempt } from '../../test/attempts.ts'
import { UnsendablePushError } from '../notice.ts'
import { apnsNotification } from './apns-notification.ts'

const SETTINGS = { bundleId: 'com.example.phone' }
const DEADLINE = 1_767_225_630_500.75
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

describe('apnsNotification', () => {
	it('wakes for a call by a VoIP push that says until when it counts', () => {
		const notification = apnsNotification(callAttempt('voip', { deadlineMs: DEADLINE }), SETTINGS)
		expect(notification).toMatchObject({
			topic: 'com.example.phone.voip',
			pushType: 'voip',
			priority: 10,
			expiration: 1_767_225_630,
			body: { aps: {} },
		})
		expect(notification.id).toMatch(UUID)
		expect(parsePushPayload(notification.body)).toEqual({
			v: 1,
			event: 'call',
			callId: 'call-1',
			sipCallId: 'abc@upstream',
			accountId: 'account-1',
			from: { uri: 'sip:bob@example.com', displayName: 'Bob' },
			to: 'sip:alice@example.com',
			deadline: 1_767_225_630_500,
		})
	})

	it('has one id for a push to a token, however often it is built', () => {
		const attempt = callAttempt('voip')
		expect(apnsNotification(attempt, SETTINGS).id).toBe(apnsNotification({ ...attempt, deadlineMs: 1 }, SETTINGS).id)
		expect(apnsNotification(attempt, SETTINGS).id).not.toBe(
			apnsNotification({ ...attempt, pushId: 'push-2' }, SETTINGS).id,
		)
	})

	it('asks by an alert token that the app be opened, never by one that rings', () => {
		const notification = apnsNotification(callAttempt('alert', { intent: 'refresh' }), SETTINGS)
		expect(notification.body.vigil).toMatchObject({ event: 'refresh', accountId: expect.any(String) })
		expect(JSON.stringify(notification.body)).not.toContain('sip:')
		expect(() => apnsNotification(callAttempt('voip', { intent: 'refresh' }), SETTINGS)).toThrow('as a call')
	})

	it('shows a test sent to an alert token', () => {
		const notification = apnsNotification(callAttempt('alert', { intent: 'test' }), SETTINGS)
		expect(notification).toMatchObject({
			topic: 'com.example.phone',
			pushType: 'alert',
			body: { aps: { alert: { title: 'Test' } }, vigil: { event: 'test' } },
		})
	})

	it.each([
		['tell by VoIP push that a call ended', callAttempt('voip', { intent: 'call-cancelled' })],
		['tell by alert that a call ended', callAttempt('alert', { intent: 'call-cancelled' })],
		['wake for a call by alert', callAttempt('alert')],
		['push to an FCM token', callAttempt('fcm')],
		['push a call it knows nothing of', without(callAttempt('voip'))],
	])('does not %s', (_what, attempt) => {
		expect(() => apnsNotification(attempt, SETTINGS)).toThrow(UnsendablePushError)
	})

	it('shows less rather than being too large, and gives up only when the call itself does not fit', () => {
		const from = { uri: `sip:${'b'.repeat(400)}@example.com`, displayName: '😀'.repeat(120) }
		const build = (sipCallId: string) =>
			apnsNotification(callAttempt('voip', { from, to: 'x'.repeat(500), sipCallId }), SETTINGS)
		expect(build('c').body.vigil).toMatchObject({ from: { displayName: from.displayName } })
		expect(build('c'.repeat(4000)).body.vigil).toMatchObject({ from: { uri: from.uri }, to: 'x'.repeat(500) })
		expect(build('c'.repeat(4600)).body.vigil).toMatchObject({ from: { uri: from.uri.slice(0, 64) } })
		expect(() => build('c'.repeat(5000))).toThrow('the payload is too large')
	})
})

function without(attempt: ReturnType<typeof callAttempt>) {
	const { callId: _callId, ...rest } = attempt
	return rest
}
