import type { PushJob, SignalPayload, SignalTopic } from '@vigil/contracts'
import {
	type AccountId,
	type CallStore,
	DEFAULT_ACCOUNT_LIMITS,
	DEFAULT_DEVICE_PUSHES_PER_SECOND,
	DEFAULT_PROCESS_LIMITS,
	DEFAULT_TENANT_LIMITS,
	type Device,
	type DeviceId,
	type DeviceStore,
	type PushAppStore,
	type PushLimits,
	type PushRates,
	type PushSender,
} from '@vigil/domain'
import type { Clock, Logger, Metrics } from '@vigil/runtime'

/** What takes jobs off the queue until it is closed. */
export interface JobConsumer {
	/** Takes no new jobs; resolves when none is being handed over. */
	close(): Promise<void>
}

/** Messages between the parts of the service; one may be lost. */
export interface DispatcherSignals {
	publish<Topic extends SignalTopic>(topic: Topic, payload: SignalPayload<Topic>): Promise<void>
	subscribe<Topic extends SignalTopic>(
		topic: Topic,
		handler: (payload: SignalPayload<Topic>) => void,
	): Promise<() => void | Promise<void>>
}

/** Everything the dispatcher needs of the world around it. */
export interface PushDispatcherDeps {
	/** Starts to hand over the jobs of the queue `push`; the handler resolves as soon as the job is taken over. */
	readonly consume: (handler: (job: PushJob) => Promise<void>) => JobConsumer
	readonly signals: DispatcherSignals
	readonly devices: Pick<DeviceStore, 'find' | 'retirePushToken' | 'notePushAccepted' | 'notePushRefused'>
	/** The device as somebody in this process has it in memory, so that a call is pushed while the store is away. */
	readonly knownDevice?: (id: DeviceId) => Device | undefined
	/** Pushes a second that the account and its tenant may have, as somebody in this process has it in memory; else the rates hold. */
	readonly pushLimits?: (id: AccountId) => PushLimits | undefined
	readonly pushApps: Pick<PushAppStore, 'newest' | 'open' | 'noteOutcome'>
	readonly calls: Pick<CallStore, 'append' | 'timeline'>
	readonly sender: PushSender
	readonly clock: Clock
	readonly logger: Logger
	readonly metrics: Metrics
}

export interface PushDispatcherConfig {
	/** Wakes in progress at most; further jobs wait in the queue. */
	readonly maxWakes: number
	/** How long wakes in progress may go on when the dispatcher closes, milliseconds. */
	readonly drainMs: number
	readonly rates: PushRates
}

export const DEFAULT_PUSH_DISPATCHER_CONFIG: PushDispatcherConfig = {
	maxWakes: 5000,
	drainMs: 5000,
	rates: {
		pushesPerSecond: DEFAULT_PROCESS_LIMITS.pushesPerSecond,
		tenantPushesPerSecond: DEFAULT_TENANT_LIMITS.pushesPerSecond,
		accountPushesPerSecond: DEFAULT_ACCOUNT_LIMITS.pushesPerSecond,
		devicePushesPerSecond: DEFAULT_DEVICE_PUSHES_PER_SECOND,
	},
}
