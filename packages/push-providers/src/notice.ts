import type { PushNotice } from '@vigil/contracts'
import type { PushAttempt } from '@vigil/domain'
import { wellFormed } from '@vigil/runtime'

/** A push that cannot be built from what is known; sending it again would not help. */
export class UnsendablePushError extends Error {
	override readonly name = 'UnsendablePushError'
}

/** Longest address that is still passed on when a payload has to be made smaller. */
const SHORT_URI_LENGTH = 64

/** What the app is told, in the `vigil` payload profile. @throws UnsendablePushError when the attempt lacks the call. */
export function noticeOf(attempt: PushAttempt): PushNotice {
	const { intent, callId, sipCallId, accountId, from, to, endReason } = attempt
	const deadline = Math.floor(attempt.deadlineMs)
	if (intent === 'test') return { v: 1, event: 'test', deadline }
	if (intent === 'refresh') {
		if (accountId === undefined) throw new UnsendablePushError('a refresh push needs the account')
		return { v: 1, event: 'refresh', accountId, deadline }
	}
	if (
		callId === undefined ||
		sipCallId === undefined ||
		accountId === undefined ||
		from === undefined ||
		to === undefined
	) {
		throw new UnsendablePushError(`a ${intent} push needs the call`)
	}
	const call = { callId, sipCallId, accountId, from, to, deadline }
	if (intent === 'call') return { v: 1, event: intent, ...call }
	return { v: 1, event: intent, ...call, ...(endReason !== undefined && { reason: endReason }) }
}

/**
 * The first of the notice's forms that fits, each with less to show than the one before: without the display
 * name, then with short addresses. What identifies the call is never cut. All text is well-formed, or a provider refuses the whole.
 *
 * @throws UnsendablePushError when not even the smallest fits.
 */
export function fittingNotice<Form>(
	notice: PushNotice,
	build: (notice: PushNotice) => Form,
	fits: (form: Form) => boolean,
): Form {
	for (const candidate of [notice, withoutName(notice), withShortAddresses(notice)]) {
		const form = build(wellFormed(candidate))
		if (fits(form)) return form
	}
	throw new UnsendablePushError('the payload is too large')
}

function withoutName(notice: PushNotice): PushNotice {
	return !('from' in notice) ? notice : { ...notice, from: { uri: notice.from.uri } }
}

function withShortAddresses(notice: PushNotice): PushNotice {
	if (!('from' in notice)) return notice
	const uri = notice.from.uri.slice(0, SHORT_URI_LENGTH)
	return { ...notice, from: { uri }, to: notice.to.slice(0, SHORT_URI_LENGTH) }
}
