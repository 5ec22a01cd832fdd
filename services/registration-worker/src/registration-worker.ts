import type { AccountId, Device, DeviceId, KeptSipCredential, PushLimits } from '@vigil/domain'
import type { WorkerSnapshot } from './worker-snapshot.ts'

/** A worker that runs. */
export interface RegistrationWorker {
	/** UDP and TCP port towards SIP servers. */
	readonly upstreamPort: number
	/** `host:port` by which edges reach the worker. */
	readonly internalHostPort: string
	/** A device of its accounts, as it is in memory. */
	device(id: DeviceId): Device | undefined
	/** What the device attaches with at the edge, from memory. */
	keptCredential(id: DeviceId): KeptSipCredential | undefined
	/** Pushes a second that an account of its and the account's tenant may have now; undefined where it has no such account. */
	pushLimits(id: AccountId): PushLimits | undefined
	/** Numbers for metrics and health. */
	snapshot(): WorkerSnapshot
	/** Whether the device has a call, or one waits for it. */
	isInCall(deviceId: DeviceId): boolean
	/** Takes no new calls and waits until those that run have ended, at most `deadlineMs`. */
	drain(deadlineMs: number): Promise<void>
	close(): Promise<void>
}
