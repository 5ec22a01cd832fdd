import { toFcmData } from '@vigil/contracts'
import { capabilitiesOf, type PushAttempt } from '@vigil/domain'
import { fittingNotice, noticeOf, UnsendablePushError } from '../notice.ts'

/** The part of an FCM message that we use: data only, so that the app itself decides what to show. */
export interface FcmMessage {
	readonly token: string
	readonly android: {
		readonly priority: 'high'
		/** How long FCM may keep the message, milliseconds; 0 is now or never. */
		readonly ttl: number
		/** A later message of the same call takes the place of an undelivered one. */
		readonly collapseKey?: string
		readonly data: Record<string, string>
	}
}

/** Most that FCM takes in `data`, in octets over keys and values. */
const MAX_DATA_BYTES = 4096
/** Four weeks, the longest that FCM keeps anything. */
const MAX_TTL_MS = 2_419_200_000

/**
 * The FCM message for an attempt.
 *
 * @throws UnsendablePushError when the token is no FCM token or the payload is too large.
 */
export function fcmMessage(attempt: PushAttempt, nowMs: number): FcmMessage {
	const { token, callId, deadlineMs } = attempt
	if (capabilitiesOf(token).provider !== 'fcm') throw new UnsendablePushError('the token is none of FCM')
	return {
		token: token.token,
		android: {
			priority: 'high',
			ttl: Math.min(MAX_TTL_MS, Math.max(0, Math.floor(deadlineMs - nowMs))),
			...(callId !== undefined && { collapseKey: callId }),
			data: fittingNotice(noticeOf(attempt), toFcmData, (data) => sizeOf(data) <= MAX_DATA_BYTES),
		},
	}
}

function sizeOf(data: Record<string, string>): number {
	return Object.entries(data).reduce((sum, [key, value]) => sum + Buffer.byteLength(key) + Buffer.byteLength(value), 0)
}
