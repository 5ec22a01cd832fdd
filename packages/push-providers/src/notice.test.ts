import { describe, expect, it } from 'vitest'
import { apnsSettings, callAttempt } from '../test/attempts.ts'
import { apnsNotification } from './apns/apns-notification.ts'
import { fcmMessage } from './fcm/fcm-message.ts'

const broken = {
	sipCallId: 'a\udcfcb\x01@upstream',
	from: { uri: 'sip:\udcfc@pbx.test', displayName: 'J\udcfcrgen\0' },
	to: 'sip:alice\x1b@pbx.test',
}
const fit = { sipCallId: 'a\ufffdb\ufffd@upstream', to: 'sip:alice\ufffd@pbx.test' }

describe('text of a notice', () => {
	it('is well-formed for APNs', () => {
		const { body } = apnsNotification(callAttempt('voip', broken), apnsSettings())
		const from = { uri: 'sip:\ufffd@pbx.test', displayName: 'J\ufffdrgen\ufffd' }
		expect(body.vigil).toMatchObject({ ...fit, from })
	})

	it('is well-formed for FCM', () => {
		const { data } = fcmMessage(callAttempt('fcm', broken), Date.now()).android
		expect(data).toMatchObject({ ...fit, fromUri: 'sip:\ufffd@pbx.test', fromDisplayName: 'J\ufffdrgen\ufffd' })
	})

	it('is well-formed where an address is cut amid a character', () => {
		const uri = `sip:${'x'.repeat(59)}😀${'y'.repeat(6000)}@pbx.test`
		const attempt = callAttempt('fcm', { sipCallId: 'c'.repeat(3000), from: { uri }, to: uri })
		const { data } = fcmMessage(attempt, Date.now()).android
		expect(data.to).toHaveLength(64)
		expect(JSON.stringify(data)).not.toMatch(/\\ud[89a-f]/i)
	})
})
