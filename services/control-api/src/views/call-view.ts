import type { CallEventView, CallView, MissedCallView, PendingCallView } from '@vigil/contracts'
import type { Call, CallEvent, MissedCall } from '@vigil/domain'
import { instant, optional, optionalInstant } from './instant.ts'

interface Caller {
	readonly fromUri: string
	readonly fromDisplayName?: string
}

function caller({ fromUri, fromDisplayName }: Caller) {
	return { uri: fromUri, ...optional('displayName', fromDisplayName) }
}

/** A call as shown to its tenant. */
export function callView(call: Call): CallView {
	return {
		id: call.id,
		accountId: call.accountId,
		direction: call.direction,
		sipCallId: call.sipCallId,
		from: caller(call),
		to: call.toUri,
		startedAt: instant(call.startedAtMs),
		...optionalInstant('answeredAt', call.answeredAtMs),
		...optionalInstant('endedAt', call.endedAtMs),
		...optional('outcome', call.outcome),
		...optional('finalStatus', call.finalStatus),
		...optional('answeredBy', call.answeredBy),
		...optional('placedBy', call.placedBy),
	}
}

/** One line of a call's timeline, with its distance from the beginning to a thousandth of a millisecond. */
export function callEventView(call: Call, event: CallEvent): CallEventView {
	return {
		kind: event.kind,
		at: instant(event.atMs),
		offsetMs: Math.round((event.atMs - call.startedAtMs) * 1000) / 1000,
		...optional('deviceId', event.deviceId),
		...optional('detail', event.detail === undefined ? undefined : { ...event.detail }),
	}
}

/** A missed call as told to the device. */
export function missedCallView(call: MissedCall): MissedCallView {
	return { callId: call.callId, accountId: call.accountId, from: caller(call), at: instant(call.atMs) }
}

/** A call that waits for the device. */
export function pendingCallView(call: Call): PendingCallView {
	return { callId: call.id, accountId: call.accountId, sipCallId: call.sipCallId, from: caller(call) }
}
