import type { Step } from '@vigil/sip'
import type { CallEventKind, CallOutcome } from '../call/call.ts'
import type { DeviceBinding } from '../device/binding.ts'
import type { DeviceId } from '../ids.ts'

/** Why a device's ringing is taken away; becomes the Reason header of its CANCEL (RFC 3326). */
export type WithdrawReason =
	| 'answered-elsewhere'
	| 'declined-elsewhere'
	| 'busy-elsewhere'
	| 'caller-cancelled'
	| 'no-answer'

/** Why a call ended before this device had it. */
export interface HeldEnding {
	readonly reason: WithdrawReason
	/** Reason values (RFC 3326) as whoever ended it wrote them; they go on to the devices. None where we ended it. */
	readonly passed: readonly string[]
}

/**
 * waking    a push is on its way, or nothing can be done but wait for the device to attach
 * ringing   its INVITE is out
 * failed    its INVITE did not get through; waits for the device to attach anew
 * refused   it answered with a final response other than 2xx
 * answered  it has the call
 * gone      no push can wake it, and it is not attached
 */
export type HeldLegPhase = 'waking' | 'ringing' | 'failed' | 'refused' | 'answered' | 'gone'

/** One device's part in a held call. */
export interface HeldLeg {
	readonly deviceId: DeviceId
	readonly phase: HeldLegPhase
	/** Number of the INVITE sent to it, counted over the whole call; 0 before the first. */
	readonly legId: number
	/** Binding that the INVITE went to: an attach through another one may be worth another INVITE. */
	readonly usedBindingId: string | undefined
	/** Newest binding known. */
	readonly binding: DeviceBinding | undefined
	readonly pushed: boolean
	/** SIP status of its refusal. */
	readonly status: number | undefined
}

/**
 * held      nobody has answered, the caller waits
 * answered  one device has the call
 * over      the caller has a final answer; devices that were pushed may still attach and must be told
 */
export type HeldCallPhase = 'held' | 'answered' | 'over'

export interface HeldCall {
	readonly phase: HeldCallPhase
	readonly legs: readonly HeldLeg[]
	readonly legsStarted: number
	/** How long a device has to attach, milliseconds. */
	readonly wakeWithinMs: number
	/** Before this instant a device must attach, epoch ms. */
	readonly wakeDeadlineMs: number
	/** When ringing ends even if nobody answers or gives up (RFC 3261 16.6 timer C), epoch ms. */
	readonly ringDeadlineMs: number
	/** The caller's own limit for an answer (Expires of its INVITE, RFC 3261 13.3.1), epoch ms. */
	readonly expiresAtMs: number | undefined
	/** Until when a late device is told that the call is over, epoch ms. */
	readonly lingerUntilMs: number
	/** Told to devices that come too late. */
	readonly ending: HeldEnding | undefined
	/** When the machine wants a `due` input, epoch ms; undefined for never. */
	readonly dueAtMs: number | undefined
}

export interface HeldDevice {
	readonly deviceId: DeviceId
	readonly binding: DeviceBinding | undefined
	/** Has a live push token. */
	readonly wakeable: boolean
}

export type HeldCallInput =
	| {
			readonly type: 'invite'
			readonly devices: readonly HeldDevice[]
			readonly autoSend180: boolean
			readonly wakeWithinMs: number
			readonly ringWithinMs: number
			/** For how long the caller says that its INVITE is good, milliseconds. */
			readonly expiresWithinMs?: number | undefined
	  }
	| { readonly type: 'attached'; readonly binding: DeviceBinding }
	| { readonly type: 'detached'; readonly deviceId: DeviceId; readonly bindingId: string }
	/** No push can wake this device: every token was refused. */
	| { readonly type: 'unreachable-by-push'; readonly deviceId: DeviceId }
	| { readonly type: 'leg-ringing'; readonly legId: number; readonly status: number }
	| { readonly type: 'leg-answered'; readonly legId: number }
	/** `unreachable`: the INVITE did not get through (flow gone, no answer at all), which says nothing of the user. */
	| {
			readonly type: 'leg-refused'
			readonly legId: number
			readonly status: number
			readonly unreachable: boolean
			/** Reason values of the refusal. */
			readonly reasons?: readonly string[]
	  }
	/** The user declined without SIP, through the control API. */
	| { readonly type: 'declined'; readonly deviceId: DeviceId | undefined }
	/** The caller's CANCEL, or its BYE of the early dialog, with the Reason values in it. */
	| { readonly type: 'cancelled'; readonly reasons?: readonly string[] }
	/** The owner of the call stops: nobody will answer it here any more. */
	| { readonly type: 'stopped' }
	| { readonly type: 'due' }

export type HeldCallEffect =
	/** Send a call push to the device. */
	| { readonly type: 'wake'; readonly deviceId: DeviceId; readonly deadlineMs: number }
	/** A push told this device of the call and it has not attached: a push tells it that the call is over. */
	| { readonly type: 'cancel-push'; readonly deviceId: DeviceId; readonly reason: WithdrawReason }
	/** Send the INVITE to the device as leg `legId`. */
	| { readonly type: 'ring'; readonly deviceId: DeviceId; readonly legId: number; readonly binding: DeviceBinding }
	/** CANCEL the leg with this Reason. */
	| ({ readonly type: 'withdraw'; readonly legId: number } & HeldEnding)
	/** 180 to the caller now. */
	| { readonly type: 'ring-back' }
	/** Final refusal to the caller: the response of that leg where given, else the status alone. */
	| { readonly type: 'refuse'; readonly status: number; readonly legId: number | undefined }
	| {
			readonly type: 'record'
			readonly kind: CallEventKind
			readonly deviceId?: DeviceId
			readonly detail?: Readonly<Record<string, string | number | boolean>>
	  }
	/** The account's view of how it went. For an answered call this comes at the answer; its end is the bridge's. */
	| {
			readonly type: 'outcome'
			readonly outcome: CallOutcome
			readonly status: number
			readonly deviceId?: DeviceId
	  }

export type HeldCallStep = Step<HeldCall, HeldCallEffect>
