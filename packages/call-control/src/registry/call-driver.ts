import type { CallId, DeviceBinding, DeviceId } from '@vigil/domain'
import type { Dialog, SipRequest, SipResponse } from '@vigil/sip'
import type { Flow, ServerTransaction } from '@vigil/sip-transport'

/** Where a message of a call comes from or goes to: the SIP server of its target, or a device by its edge. */
export type Side = 'upstream' | 'device'

/** One call as it is known on its two sides. */
export interface BridgedCall extends Readonly<Record<Side, Dialog>> {
	readonly deviceId: DeviceId
}

/** A call in memory, as those who bring news to it see it. */
export interface CallDriver {
	readonly id: CallId
	/** Of whom it is called, or by whose line a device calls. */
	readonly targetId: string
	/** Our To tag towards the caller, whose INVITE began the call. */
	readonly localTag: string
	readonly answered: boolean
	/** Its dialogs, early ones too: one pair for each device that rings. */
	bridged(): readonly BridgedCall[]
	concerns(deviceId: DeviceId): boolean
	attached(binding: DeviceBinding): void
	detached(deviceId: DeviceId, bindingId: string): void
	/** No push can wake the device. */
	markUnreachableByPush(deviceId: DeviceId): void
	/** The user declined without SIP. */
	declined(deviceId: DeviceId | undefined): void
	/** A request inside the call; from upstream it belongs to the device that answered, or else rang last. */
	request(side: Side, legId: number | undefined, transaction: ServerTransaction): void
	ack(side: Side, legId: number | undefined, ack: SipRequest, flow: Flow): void
	/** A repeated or forked 2xx that no transaction knows any more. */
	strayResponse(side: Side, legId: number | undefined, response: SipResponse): void
	/** Ends the call because the process stops. */
	hangUp(): void
}
