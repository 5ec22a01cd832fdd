import type { PushToken } from '../device/device.ts'
import type { WithdrawReason } from '../held-call/types.ts'
import type { DeviceId, TenantId } from '../ids.ts'

/** Why a push is sent. */
export type PushIntent = 'call' | 'call-cancelled' | 'refresh' | 'test'

export interface CallParty {
	readonly uri: string
	readonly displayName?: string
}

/** One request to one provider for one token. */
export interface PushAttempt {
	readonly pushId: string
	readonly intent: PushIntent
	readonly tenantId: TenantId
	readonly deviceId: DeviceId
	readonly token: PushToken
	/** Our id of the call, for the control API. */
	readonly callId?: string
	/** The upstream Call-ID, by which the app matches the INVITE. */
	readonly sipCallId?: string
	readonly accountId?: string
	readonly from?: CallParty
	readonly to?: string
	/** Why the call is over, for `call-cancelled`. */
	readonly endReason?: WithdrawReason
	/** After this instant (epoch milliseconds) the push is worthless and is neither sent nor shown. */
	readonly deadlineMs: number
}

/**
 * What a provider's answer means to us: `accepted`; `dead-token` retire it; `retry` worth another try while
 * time is left; `misconfigured` the tenant must act; `rejected` this request will never pass; `expired` the deadline was over.
 */
export type PushOutcomeKind = 'accepted' | 'dead-token' | 'retry' | 'misconfigured' | 'rejected' | 'expired'

export interface PushOutcome {
	readonly kind: PushOutcomeKind
	/** The provider's reason or the transport's error, without secrets. */
	readonly reason?: string
	readonly providerStatus?: number
	/** Time the provider gave for the death of a token, epoch milliseconds; a token registered later is not dead. */
	readonly deadSinceMs?: number
	/** With `dead-token`: all that is known is that the provider does not know the token, as with one of another environment. */
	readonly doubtful?: true
	readonly retryAfterMs?: number
	/** With `retry`: the request left and no answer came, so the provider may have taken it all the same. */
	readonly unanswered?: boolean
	/** The provider's own id of the push. */
	readonly providerId?: string
}

/**
 * What an answer means for this very token. One that the provider took before and suddenly does not know is not given up: a mistake
 * in the push app's settings is more likely, and would silence every line of it. It counts as `misconfigured`.
 */
export function judgeOutcome(outcome: PushOutcome, wasAccepted: boolean): PushOutcome {
	const { doubtful, ...rest } = outcome
	if (doubtful !== true || !wasAccepted) return rest
	return { ...rest, kind: 'misconfigured' }
}

/** Whether a dead-token answer speaks of the token as it is registered now (it may have been handed in anew since). */
export function retiresToken(outcome: PushOutcome, token: Pick<PushToken, 'registeredAtMs'>): boolean {
	if (outcome.kind !== 'dead-token') return false
	return outcome.deadSinceMs === undefined || outcome.deadSinceMs >= token.registeredAtMs
}
