import type { PushJob, SignalPayload, SignalTopic } from '@vigil/contracts'
import type {
	AccountStore,
	BindingStore,
	CallStore,
	DeviceStore,
	ForegroundLeaseStore,
	LoadLevel,
	RefusalStore,
	TenantSettingsStore,
} from '@vigil/domain'
import type { Clock, Egress, Logger, RandomText } from '@vigil/runtime'
import type { TransportSources } from '@vigil/sip-transport'

/** Messages between the parts of the service; a lost one is made up for by the sweep. */
export interface WorkerSignals {
	publish<Topic extends SignalTopic>(topic: Topic, payload: SignalPayload<Topic>): Promise<void>
	subscribe<Topic extends SignalTopic>(
		topic: Topic,
		handler: (payload: SignalPayload<Topic>) => void,
	): Promise<() => void | Promise<void>>
	/** Calls `handler` when signals of other processes may have been lost; returns what ends it. */
	onGap?(handler: () => void): () => void
}

/** Everything the worker needs of the world around it. */
export interface WorkerDeps {
	readonly accounts: AccountStore
	readonly devices: DeviceStore
	readonly bindings: BindingStore
	readonly foregroundLeases: Pick<ForegroundLeaseStore, 'accountsWithLapsedLease'>
	readonly calls: CallStore
	/** Where tenants want calls to be taken from, and their limits; anywhere, and those of the process, when absent. */
	/** Where is written what limits have refused; nowhere when absent. */
	readonly refusals?: Pick<RefusalStore, 'add'>
	readonly tenantSettings?: Pick<TenantSettingsStore, 'rules'>
	readonly signals: WorkerSignals
	/** How the process fares; as if all were well when left out. */
	readonly load?: () => LoadLevel
	readonly enqueuePush: (job: PushJob) => Promise<void>
	/** Fencing token of this worker's start: later starts get higher ones, below 2^11. */
	readonly fencingToken: number
	/** Asked before anything is sent where an account, a SIP server or a caller says. The worker adds its own sockets to it. */
	readonly egress: Egress
	readonly clock: Clock
	readonly logger: Logger
	readonly random: RandomText
	/** The network below its sockets, and their chance; the machine's when absent. */
	readonly transport?: TransportSources
}
