import type { PushOutcome, PushOutcomeKind } from '@vigil/domain'

/** What APNs answered. */
export interface ApnsResponse {
	readonly status: number
	/** The `reason` of the body; absent with 200. */
	readonly reason?: string
	/** When the token was found dead, epoch milliseconds; comes with 410. */
	readonly timestampMs?: number
	/** `apns-id` of the answer. */
	readonly apnsId?: string
}

/** What APNs says of a token that it does not know: it may belong to the other environment. */
const BAD_DEVICE_TOKEN = 'BadDeviceToken'

/** Reasons that mean something else than their status suggests. */
const BY_REASON: Readonly<Record<string, PushOutcomeKind>> = {
	// 400: the token itself is wrong, or of an environment that was not asked.
	[BAD_DEVICE_TOKEN]: 'dead-token',
	// 400: the token is good, but not for the bundle that the tenant configured.
	DeviceTokenNotForTopic: 'misconfigured',
	BadTopic: 'misconfigured',
	MissingTopic: 'misconfigured',
	TopicDisallowed: 'misconfigured',
	// 400: the connection was idle for too long; another one will do.
	IdleTimeout: 'retry',
	// 403: the token that signs requests has aged; it is made anew.
	ExpiredProviderToken: 'retry',
}

/**
 * What an answer of APNs means for the push and for the token. Retry-After is not known here: the client
 * library does not hand it out.
 */
export function classifyApns({ status, reason, timestampMs, apnsId }: ApnsResponse): PushOutcome {
	const kind = (reason === undefined ? undefined : BY_REASON[reason]) ?? kindOfStatus(status)
	return {
		kind,
		providerStatus: status,
		...(kind !== 'accepted' && { reason: reason ?? `status ${status}` }),
		...(kind === 'dead-token' && timestampMs !== undefined && { deadSinceMs: timestampMs }),
		...(reason === BAD_DEVICE_TOKEN && { doubtful: true as const }),
		...(apnsId !== undefined && { providerId: apnsId }),
	}
}

function kindOfStatus(status: number): PushOutcomeKind {
	if (status === 200) return 'accepted'
	if (status === 403) return 'misconfigured'
	if (status === 410) return 'dead-token'
	if (status === 408 || status === 429 || status >= 500) return 'retry'
	return 'rejected'
}
