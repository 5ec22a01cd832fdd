import type { AccountId, CallId, DeviceId, TenantId } from '../ids.ts'

/** `incoming`: the account was called. `outgoing`: one of its devices called through the service. */
export type CallDirection = 'incoming' | 'outgoing'

/**
 * How a call ended for the account: `answered`; `answered-elsewhere` the SIP server says that another end of the account took it;
 * `missed` nobody answered in time or the device never woke; `cancelled` the caller gave up; `declined` the called user refused; `busy`; `failed` for another reason.
 */
export type CallOutcome = 'answered' | 'answered-elsewhere' | 'missed' | 'cancelled' | 'declined' | 'busy' | 'failed'

export interface Call {
	readonly id: CallId
	readonly tenantId: TenantId
	readonly accountId: AccountId
	readonly direction: CallDirection
	/** Call-ID of the upstream dialog; also the push id. */
	readonly sipCallId: string
	readonly fromUri: string
	readonly fromDisplayName?: string
	readonly toUri: string
	readonly startedAtMs: number
	readonly answeredAtMs?: number
	readonly endedAtMs?: number
	readonly outcome?: CallOutcome
	/** SIP status that the caller got as the final answer. */
	readonly finalStatus?: number
	/** The device that answered an incoming call. */
	readonly answeredBy?: DeviceId
	/** The device that made an outgoing one. */
	readonly placedBy?: DeviceId
}

export type CallEventKind =
	| 'invite.received'
	| 'push.queued'
	/** The push for another call wakes the device for this one too: none is sent. */
	| 'push.shared'
	| 'push.sent'
	| 'push.accepted'
	| 'push.refused'
	| 'device.attached'
	| 'invite.forwarded'
	| 'ringing'
	| 'declined'
	| 'answered'
	| 'cancelled'
	| 'wake.timeout'
	| 'failed'
	| 'ended'

/** One line of a call's timeline; evidence for the tenant of what happened and when. */
export interface CallEvent {
	readonly callId: CallId
	/** Epoch milliseconds, fractional. */
	readonly atMs: number
	readonly kind: CallEventKind
	readonly deviceId?: DeviceId
	/** Short plain facts (status, reason, provider); never a secret, never a whole token. */
	readonly detail?: Readonly<Record<string, string | number | boolean>>
}
