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
