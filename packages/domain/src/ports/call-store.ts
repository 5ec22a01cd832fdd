import type { Call, CallDirection, CallEvent, CallOutcome } from '../call/call.ts'
import type { Device } from '../device/device.ts'
import type { AccountId, CallId, DeviceId, TenantId } from '../ids.ts'
import type { Page, PageRequest } from './page.ts'

export interface CallEnd {
	readonly endedAtMs: number
	readonly outcome: CallOutcome
	readonly finalStatus: number
	readonly answeredAtMs?: number
	readonly answeredBy?: DeviceId
}

/** A call that the device's user has not seen yet. */
export interface MissedCall {
	readonly callId: CallId
	readonly accountId: AccountId
	readonly fromUri: string
	readonly fromDisplayName?: string
	readonly atMs: number
}

export interface CallFilter {
	readonly accountId?: AccountId
	readonly outcome?: CallOutcome
	readonly direction?: CallDirection
	/** The caller's URI, exactly. */
	readonly fromUri?: string
	readonly sipCallId?: string
	/** Begun at this instant or later, epoch milliseconds. */
	readonly startedFromMs?: number
	/** Begun before this instant, epoch milliseconds. */
	readonly startedBeforeMs?: number
}

/** So many events of one call are shown; the middle of a longer timeline is left out. */
export const MOST_EVENTS = 1000

export interface CallStore {
	/** Records a call that began; a second record of the same id changes nothing. */
	begin(call: Call): Promise<void>
	end(tenantId: TenantId, id: CallId, end: CallEnd): Promise<void>
	/**
	 * Closes the calls that a process has left open which is gone; only when no process runs any. One that was answered counts as
	 * answered, an incoming one as missed, an outgoing one as failed; the timeline says why. Returns how many there were.
	 */
	closeAbandoned(atMs: number): Promise<number>
	/** `deviceId`: who answered an incoming call. */
	answered(tenantId: TenantId, id: CallId, atMs: number, deviceId?: DeviceId): Promise<void>
	/** Appends timeline entries; order is by time. `again`: a try before may have written them all the same, so those that are there are left out. */
	append(events: readonly CallEvent[], again?: 'again'): Promise<void>
	find(tenantId: TenantId, id: CallId): Promise<Call | undefined>
	/** By time. Of a call with more than `MOST_EVENTS` the first and the last ones, as many of each. */
	timeline(tenantId: TenantId, id: CallId): Promise<readonly CallEvent[]>
	/** Newest first. A page may hold fewer than asked for though another follows: the search for what the filter wants is bounded. */
	list(tenantId: TenantId, filter: CallFilter, page: PageRequest): Promise<Page<Call>>
	/** Missed incoming calls of the device's lines that it has not been told of. */
	unseenMissed(device: Pick<Device, 'id' | 'tenantId'>): Promise<readonly MissedCall[]>
	/** Marks them told. */
	markSeen(device: Pick<Device, 'id' | 'tenantId'>, callIds: readonly CallId[]): Promise<void>
}
