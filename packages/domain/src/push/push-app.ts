import type { DeviceDigest } from '../device/sip-credential.ts'
import type { PushAppId, TenantId } from '../ids.ts'
import type { Secret } from '../secret.ts'

/** One app as a push provider knows it, without its secret. */
export interface PushApp {
	readonly id: PushAppId
	readonly tenantId: TenantId
	/** The tenant's own name for it; unique per tenant. */
	readonly name: string
	readonly settings: PushAppSettings
	/** Rises with every change, so that senders built from an older one are replaced. */
	readonly version: number
	readonly createdAtMs: number
}

/**
 * Why pushes through an app fail: `misconfigured` the provider refuses its set-up, and the tenant must act; `unreachable` no answer;
 * `provider-failing` the provider answers that it cannot now.
 */
export type PushAppFailure = 'misconfigured' | 'unreachable' | 'provider-failing'

/** How the pushes through an app fare. */
export interface PushAppHealth {
	readonly state: 'working' | 'failing'
	/** Since when, epoch milliseconds. */
	readonly sinceMs: number
	/** Failures since then; those of the last half minute may be missing. */
	readonly failures: number
	/** When a push last went well, epoch milliseconds; exact to half a minute. */
	readonly acceptedAtMs?: number
	/** The last failure, also when all is well again. */
	readonly failedAtMs?: number
	readonly failure?: PushAppFailure
	/** The provider's reason or the transport's error, without secrets. */
	readonly reason?: string
	readonly providerStatus?: number
}

/** What pushes through an app have come to since it was last said. */
export type PushAppOutcome =
	| { readonly state: 'working'; readonly atMs: number }
	| {
			readonly state: 'failing'
			readonly atMs: number
			readonly failures: number
			readonly failure: PushAppFailure
			readonly reason?: string
			readonly providerStatus?: number
	  }

export type PushAppSettings = ApnsSettings | FcmSettings

/** What holds for the app of any provider. */
interface CommonSettings {
	/** The digests that the app's SIP stack knows, in the order in which the edge is to offer them; absent: it finds out. */
	readonly digestAlgorithms?: readonly DeviceDigest[]
	/** `host:port` used in place of the provider's, for a private relay or a test server. */
	readonly endpoint?: string
	/** PEM certificates to trust at `endpoint` in place of the system's. */
	readonly endpointCa?: string
}

export interface ApnsSettings extends CommonSettings {
	readonly provider: 'apns'
	/** Bundle identifier; the VoIP topic is derived from it. */
	readonly bundleId: string
	readonly teamId: string
	readonly keyId: string
	readonly environment: 'production' | 'sandbox'
}

export interface FcmSettings extends CommonSettings {
	readonly provider: 'fcm'
	readonly projectId: string
}

/** APNs: the .p8 signing key (PEM). FCM: the service account's JSON, or `{"access_token": "..."}` for an endpoint of one's own. */
export interface PushAppCredential {
	readonly secret: Secret
}
