import { createHash } from 'node:crypto'
import { type ApnsBody, type PushNotice, toApnsBody } from '@vigil/contracts'
import { type ApnsSettings, capabilitiesOf, type PushAttempt } from '@vigil/domain'
import { fittingNotice, noticeOf, UnsendablePushError } from '../notice.ts'

/** An APNs request before it is sent: header values and body. */
export interface ApnsNotification {
	/** `apns-id` and `apns-collapse-id`, a UUID: the same however often this push is tried, so that a repetition is the same push. */
	readonly id: string
	readonly topic: string
	readonly pushType: 'voip' | 'alert'
	readonly priority: 10
	/** `apns-expiration`, seconds since the epoch: APNs does not keep the push any longer. */
	readonly expiration: number
	readonly body: ApnsBody
}

/** Largest payloads that APNs takes, in octets. */
const MAX_VOIP_BYTES = 5120
const MAX_ALERT_BYTES = 4096

/** Shown by iOS itself, so in words: the app may not be running. */
const REFRESH_ALERT = {
	alert: { title: 'Open the app', body: 'It will not receive calls any more unless it is opened now and then.' },
}
const TEST_ALERT = { alert: { title: 'Test', body: 'Push notifications reach this device.' } }

/**
 * The notification for an attempt. A VoIP token serves calls and tests; iOS demands that each VoIP push be shown as a
 * new call, so the end of a call is never told by one. An alert token serves refreshes and tests.
 *
 * @throws UnsendablePushError when the token cannot serve the intent or the payload is too large.
 */
export function apnsNotification(attempt: PushAttempt, settings: Pick<ApnsSettings, 'bundleId'>): ApnsNotification {
	const { intent, token } = attempt
	const isVoip = token.kind === 'voip'
	if (capabilitiesOf(token).provider !== 'apns') throw new UnsendablePushError('the token is none of APNs')
	if (intent === 'call-cancelled') throw new UnsendablePushError('APNs has no push for a call that ended')
	if (intent === 'refresh' && isVoip) throw new UnsendablePushError('a VoIP token would show a refresh as a call')
	if (intent === 'call' && !isVoip) throw new UnsendablePushError('an alert token does not wake the app for a call')
	const limit = isVoip ? MAX_VOIP_BYTES : MAX_ALERT_BYTES
	const alert = intent === 'refresh' ? REFRESH_ALERT : TEST_ALERT
	const build = (notice: PushNotice) => toApnsBody(notice, isVoip ? {} : alert)
	return {
		id: uuidOf(attempt),
		topic: isVoip ? `${settings.bundleId}.voip` : settings.bundleId,
		pushType: isVoip ? 'voip' : 'alert',
		priority: 10,
		expiration: Math.max(0, Math.floor(attempt.deadlineMs / 1000)),
		body: fittingNotice(noticeOf(attempt), build, (body) => Buffer.byteLength(JSON.stringify(body)) <= limit),
	}
}

/** A UUID of the push and its token, version 8 (RFC 9562 5.8): one push may go to several tokens. */
function uuidOf(attempt: PushAttempt): string {
	const bytes = createHash('sha256').update(`${attempt.pushId}\n${attempt.token.id}`).digest().subarray(0, 16)
	bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x80
	bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80
	const hex = bytes.toString('hex')
	return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}
