import type { Call, CallDirection, CallEvent, CallOutcome } from '../call/call.ts'
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
}

export interface CallStore {
	/** Records a call that began; a second record of the same id changes nothing. */
	begin(call: Call): Promise<void>
	end(id: CallId, end: CallEnd): Promise<void>
	/** `deviceId`: who answered an incoming call. */
	answered(id: CallId, atMs: number, deviceId?: DeviceId): Promise<void>
	/** Appends timeline entries; order is by time. */
	append(events: readonly CallEvent[]): Promise<void>
	find(tenantId: TenantId, id: CallId): Promise<Call | undefined>
	timeline(id: CallId): Promise<readonly CallEvent[]>
	/** Newest first. */
	list(tenantId: TenantId, filter: CallFilter, page: PageRequest): Promise<Page<Call>>
	/** Missed incoming calls of the device's lines that it has not been told of. */
	unseenMissed(deviceId: DeviceId): Promise<readonly MissedCall[]>
	/** Marks them told. */
	markSeen(deviceId: DeviceId, callIds: readonly CallId[]): Promise<void>
}
