import type { DeviceId } from '../ids.ts'

/** Where a device is attached at the edge just now. */
export interface DeviceBinding {
	readonly deviceId: DeviceId
	/** New for each attach of the device through another flow. */
	readonly bindingId: string
	/** SIP URI of the edge with the flow's token, to be used as a Route (RFC 5626 5.3). */
	readonly route: string
	/** The device's own Contact URI, the Request-URI of what is sent to it. */
	readonly contact: string
	readonly attachedAtMs: number
	readonly expiresAtMs: number
}
