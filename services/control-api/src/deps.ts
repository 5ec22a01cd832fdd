import type { ProbeReportView, PushJob, SignalPayload, SignalTopic } from '@vigil/contracts'
import type {
	Account,
	AccountId,
	AccountStore,
	CallStore,
	CredentialLife,
	DeviceId,
	DeviceStore,
	IdempotencyStore,
	LoadLevel,
	PushAppStore,
	RefusalStore,
	RegistrationStatus,
	Retention,
	TenantSettings,
	TenantSettingsStore,
	TenantStore,
} from '@vigil/domain'
import type { Clock, Logger, Metrics, RandomSource } from '@vigil/runtime'
import type { RequestRates } from './budgets/request-budgets.ts'
import type { Limits } from './limits.ts'

export interface Stores {
	readonly tenants: TenantStore
	readonly tenantSettings: TenantSettingsStore
	readonly pushApps: PushAppStore
	readonly accounts: AccountStore
	readonly credentials: CredentialLife
	readonly devices: DeviceStore
	readonly calls: CallStore
	readonly idempotency: IdempotencyStore
	readonly refusals: RefusalStore
	readonly retention: Retention
}

/** Tells when the owner of an account has done what a version of the account asks for. */
export interface RegistrationWatch {
	/**
	 * The first status of the account, from `accountVersion` on, for which the predicate holds, be it there already
	 * or still to come; undefined when there was none within `timeoutMs`.
	 */
	waitForStatus(
		account: Pick<Account, 'id' | 'tenantId'>,
		accountVersion: number,
		predicate: (status: RegistrationStatus) => boolean,
		timeoutMs: number,
	): Promise<RegistrationStatus | undefined>
	/** Calls `look` each time that the account's status may have changed, as far as is heard; returns what ends it. */
	onChange(accountId: AccountId, look: () => void): () => void
}

/** Has an account probed by the worker that runs it. */
export interface ProbeAsker {
	/** The report or why there is none; undefined when nobody answered within `timeoutMs`. */
	ask(
		accountId: AccountId,
		force: boolean,
		timeoutMs: number,
	): Promise<{ readonly report?: ProbeReportView | undefined; readonly error?: string | undefined } | undefined>
}

/** Carries nudges to the other services. A lost one delays work; it does not lose it. */
export interface SignalPublisher {
	publish<Topic extends SignalTopic>(topic: Topic, payload: SignalPayload<Topic>): Promise<void>
}

/** Takes pushes for the dispatcher. */
export interface PushJobQueue {
	enqueue(job: PushJob): Promise<void>
}

/** Where devices attach at the edge; a transport that is not offered is absent. */
export interface EdgeAddresses {
	readonly wss?: string
	readonly ws?: string
	readonly tls?: string
	readonly tcp?: string
	readonly udp?: string
}

export interface DeviceSipSettings {
	/** Digest realm of the edge. */
	readonly realm: string
	/** Domain of the devices' own addresses at the edge. */
	readonly domain: string
	/** Read at each enrolment, so that ports chosen by the system are known by then. */
	urls(): EdgeAddresses
}

/** Everything the control API needs; `buildApp` takes it from tests and from the real process alike. */
export interface ControlApiDeps {
	readonly stores: Stores
	readonly registrations: RegistrationWatch
	readonly probes: ProbeAsker
	readonly signals: SignalPublisher
	readonly pushJobs: PushJobQueue
	readonly metrics: Metrics
	readonly clock: Clock
	readonly logger: Logger
	/** Tokens, passwords and identifiers are made of it. */
	readonly random: RandomSource
	/** Bearer token of the platform admin. */
	readonly adminToken: string
	readonly sip: DeviceSipSettings
	readonly limits?: Partial<Limits>
	/** Budgets of tenants, where they differ from the product's. */
	readonly requestRates?: Partial<RequestRates>
	/** How the process fares; as if all were well when left out. */
	readonly load?: () => LoadLevel
	/** Whether the device has a call, or one waits for it: it is served though the process is overloaded. */
	readonly isInCall?: (deviceId: DeviceId) => boolean
	/** Settings of tenants that have not stated their own, where they differ from the product's. */
	readonly tenantDefaults?: Partial<TenantSettings>
	/** Origins that browsers may call from; any when left out, which is safe because no cookie is ever used. */
	readonly corsOrigins?: readonly string[]
	/** Addresses and networks of proxies whose X-Forwarded-For is believed; none when left out. */
	readonly trustedProxies?: readonly string[]
}
