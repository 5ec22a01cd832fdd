/** What a push through a token of a kind can do. */
export interface PushTokenCapabilities {
	/** The provider whose push apps have tokens of this kind. */
	readonly provider: string
	/** It can show an incoming call while the app sleeps. */
	readonly rings: boolean
	/** It can reach the app without a call being shown. iOS demands one for each VoIP push. */
	readonly silent: boolean
	/** It can tell the app that the call of an earlier push is over, at once and unseen. */
	readonly cancels: boolean
	/**
	 * Requests without an answer after which a token is pushed to no more, as each may have been delivered. iOS shows each VoIP push as
	 * a call of its own, and the sender has repeated it once already; an app that is told twice of a call by FCM knows it by its id.
	 */
	readonly mostUnanswered: number
	/** Its text is hex digits: one in capitals is the same token. */
	readonly hexadecimal: boolean
}

/** The kinds of tokens. Whatever depends on a kind asks this table; a further provider adds its rows. */
export const PUSH_TOKEN_KINDS = {
	voip: { provider: 'apns', rings: true, silent: false, cancels: false, mostUnanswered: 1, hexadecimal: true },
	alert: { provider: 'apns', rings: false, silent: true, cancels: false, mostUnanswered: 1, hexadecimal: true },
	fcm: { provider: 'fcm', rings: true, silent: true, cancels: true, mostUnanswered: 2, hexadecimal: false },
} as const satisfies Readonly<Record<string, PushTokenCapabilities>>

/** `voip` wakes an iOS app for a call; `alert` is an APNs token for everything else; `fcm` does both on Android. */
export type PushTokenKind = keyof typeof PUSH_TOKEN_KINDS

export type PushProvider = (typeof PUSH_TOKEN_KINDS)[PushTokenKind]['provider']

export function capabilitiesOf({ kind }: { readonly kind: PushTokenKind }): PushTokenCapabilities {
	return PUSH_TOKEN_KINDS[kind]
}
