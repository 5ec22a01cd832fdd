import type { AccountId, DeviceId, PushAppId, PushTokenId, TenantId } from '../ids.ts'
import { capabilitiesOf, type PushTokenKind } from './push-token-kinds.ts'

/** What an app install says of itself: in use, put away, or removed from memory. */
export type DeviceActivity = 'foreground' | 'background' | 'terminated'

export type Platform = 'ios' | 'android' | 'web' | 'other'

/** One app install. It serves one or more accounts, its lines. */
export interface Device {
	readonly id: DeviceId
	readonly tenantId: TenantId
	readonly platform: Platform
	readonly name?: string
	/** RFC 5626 instance-id (`urn:uuid:...`): the same device through every change of address or connection. */
	readonly instanceId: string
	readonly activity: DeviceActivity
	/** When the activity was last stated, epoch milliseconds. */
	readonly activitySinceMs: number
	/** The app registered upstream by itself while in the foreground, and said so. */
	readonly registeredUpstream: boolean
	/** The app removed its own binding upstream, and said so with its last statement. */
	readonly unregisteredUpstream?: boolean
	/** Its app can put a contact of the service's, to be removed, beside its own in one REGISTER; said with its last statement. */
	readonly swapsContacts?: boolean
	/** When a foreground statement lapses unless it is renewed, epoch milliseconds; absent when it does not. */
	readonly leaseUntilMs?: number
	/** Highest number that the app has given to a statement. */
	readonly sequence?: number
	/** When the device was last heard of, epoch milliseconds; coarse, see `CONTACT_NOTED_EVERY_MS`. */
	readonly lastContactMs?: number
	readonly pushTokens: readonly PushToken[]
	readonly lines: readonly AccountId[]
	readonly createdAtMs: number
}

export interface PushToken {
	readonly id: PushTokenId
	readonly deviceId: DeviceId
	readonly pushAppId: PushAppId
	readonly kind: PushTokenKind
	/** The provider's token; never logged in full. */
	readonly token: string
	/** When the app last handed this token in, epoch milliseconds. */
	readonly registeredAtMs: number
	/** When the provider took a push for it for the first time, epoch milliseconds. */
	readonly acceptedAtMs?: number
	/** Since when the provider refuses it for what may be a fault of the push app's set-up, epoch milliseconds. */
	readonly refusedAtMs?: number
	readonly refusedReason?: string
	readonly retiredAtMs?: number
	readonly retiredReason?: string
}

/** The tokens through which a call can wake the device, best first. */
export function callTokens(device: Device): PushToken[] {
	return device.pushTokens.filter((token) => token.retiredAtMs === undefined && capabilitiesOf(token).rings)
}
