import type { EnrolDeviceResponse } from '@vigil/contracts'

/**
 * What a device keeps of its enrolment: its id, its bearer token at the control API, its RFC 5626 instance-id, where
 * and as whom it attaches, and its lines. It holds secrets: store it where the platform keeps secrets.
 */
export type DeviceIdentity = EnrolDeviceResponse

/** Where an app keeps the identity between its runs: the key chain, encrypted preferences, IndexedDB. */
export interface IdentityStorage {
	load(): Promise<DeviceIdentity | undefined>
	save(identity: DeviceIdentity): Promise<void>
}
