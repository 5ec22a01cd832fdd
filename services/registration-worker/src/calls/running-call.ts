import type { CallId, DeviceBinding, DeviceId } from '@vigil/domain'
import type { Leg, SipRequest, SipResponse } from '@vigil/sip'
import type { ServerTransaction } from '@vigil/sip-transport'

/** A call in memory, as those who bring news to it see it. */
export interface RunningCall {
	readonly id: CallId
	/** Our To tag towards the caller. */
	readonly localTag: string
	/** Tells a merged request (RFC 3261 8.2.2.2). */
	readonly inviteKey: string
	readonly answered: boolean
	concerns(deviceId: DeviceId): boolean
	attached(binding: DeviceBinding): void
	detached(deviceId: DeviceId, bindingId: string): void
	/** No push can wake the device. */
	unwakeable(deviceId: DeviceId): void
	/** The user declined without SIP. */
	declined(deviceId: DeviceId | undefined): void
	/** A request inside the call; from upstream it belongs to the device that answered, or else rang last. */
	request(leg: Leg, legId: number | undefined, transaction: ServerTransaction): void
	ack(leg: Leg, legId: number | undefined, ack: SipRequest): void
	/** A repeated 2xx of a device that no transaction knows any more. */
	strayAnswer(legId: number | undefined, response: SipResponse): void
	/** Ends the call because the worker stops. */
	hangUp(): void
}
