import type { AccountId, Device, DeviceId, TenantId } from '@vigil/domain'
import type { SipRequest, SipResponse } from '@vigil/sip'
import type { CallSide } from './call-side.ts'

/** Under whom a call is recorded and pushed. */
export interface CallOwner {
	readonly tenantId: TenantId
	readonly accountId: AccountId
}

/** An INVITE for a target, before it is a call. */
export interface OfferedCall {
	readonly invite: SipRequest
	/** It comes from where calls for the target usually come from. */
	readonly isUsualSource: boolean
}

/** A call that may be taken on has a place until it calls `release`, once. */
export type Admitted = { readonly release: () => void } | { readonly refusal: SipResponse }

/**
 * Who is called, and by whose line a device calls: an account of a customer's SIP server, or whatever else a service brings calls for.
 */
export interface CallTarget {
	/** Tells the targets of a process apart, whatever their kind. */
	readonly id: string
	readonly owner: CallOwner
	/** What devices and the far end see of it: its address-of-record, and the name beside it. */
	readonly addressOfRecord: string
	readonly displayName: string | undefined
	/** Those that ring for it. */
	readonly devices: readonly Device[]
	/** The caller hears 180 before a device rings. */
	readonly autoSend180: boolean
	/** False while it takes no calls at all: they get 480. */
	readonly isAvailable: boolean
	/** Whether the user part of a URI stands for it between its server and us; devices see its address-of-record in that place. */
	isContactUser(user: string): boolean
	/** The side of a new call that faces its server. */
	newSide(): CallSide
	/**
	 * The answer to an INVITE that its limits do not admit; undefined where they may. Asked before there is a transaction. `key` is that
	 * of the INVITE's transaction: a copy of one that was refused hears the same.
	 */
	screen(call: OfferedCall, key: string): SipResponse | undefined
	/** Takes a place for a call to it. */
	admit(call: OfferedCall): Admitted
	/** Takes a place for a call that the device makes by it. */
	admitOutgoing(invite: SipRequest, deviceId: DeviceId): Admitted
	/** Its server has asked for our options, as one does that watches over its bindings. */
	pinged(): void
	/** A call waits for it, or is about to go out by it. */
	callWaits(): void
}
