import type {
	Account,
	AccountCredential,
	AccountId,
	ApiKey,
	Call,
	CallEvent,
	CallId,
	Device,
	DeviceBinding,
	DeviceId,
	DigestOffer,
	Enrolment,
	PushApp,
	PushAppHealth,
	PushAppId,
	RegistrationStatus,
	Secret,
	StatedTenantSettings,
	Tenant,
	TenantId,
} from '@vigil/domain'
import { type Clock, type RandomSource, realClock, systemRandom } from '@vigil/runtime'

/** What is kept of a credential beside itself; see `CredentialLife`. */
export interface CredentialFacts {
	readonly sinceMs: number
	readonly lastContactMs?: number
	readonly warnedAtMs: readonly number[]
	readonly deletedAtMs?: number
	readonly deletedBecause?: 'push-off' | 'inactive'
}

/** A device with what is not shown of it. */
export interface DeviceRow {
	readonly device: Device
	readonly tokenDigest: string
	readonly sipSecret: Secret
	readonly answeredOffer?: DigestOffer
	/** When each of its lines was added. */
	readonly lineSinceMs: ReadonlyMap<AccountId, number>
}

/** Everything that the stores keep. Values are replaced, never changed. */
export class Tables {
	readonly tenants = new Map<TenantId, Tenant>()
	readonly apiKeys = new Map<string, ApiKey & { readonly digest: string }>()
	readonly settings = new Map<TenantId, StatedTenantSettings>()
	readonly pushApps = new Map<PushAppId, { readonly app: PushApp; readonly secret: Secret }>()
	readonly health = new Map<PushAppId, PushAppHealth>()
	readonly accounts = new Map<AccountId, Account>()
	readonly credentials = new Map<AccountId, AccountCredential>()
	readonly credentialFacts = new Map<AccountId, CredentialFacts>()
	readonly statuses = new Map<AccountId, RegistrationStatus>()
	readonly devices = new Map<DeviceId, DeviceRow>()
	readonly removed = new Map<string, number>()
	readonly enrolments = new Map<string, Enrolment>()
	readonly bindings = new Map<DeviceId, DeviceBinding>()
	readonly calls = new Map<CallId, Call>()
	readonly recordedAtMs = new Map<CallId, number>()
	readonly events = new Map<CallId, CallEvent[]>()
	readonly seen = new Map<DeviceId, Set<CallId>>()
	#lastMs = 0
	readonly #clock: Clock
	readonly #random: RandomSource

	constructor(clock: Clock = realClock, random: RandomSource = systemRandom) {
		this.#clock = clock
		this.#random = random
	}

	/** The wall clock's time, later than that of the statement before. */
	nowMs(): number {
		this.#lastMs = Math.max(this.#clock.wall(), this.#lastMs + 0.001)
		return this.#lastMs
	}

	newId(prefix: string): string {
		return `${prefix}_${Buffer.from(this.#random.bytes(16)).toString('base64url')}`
	}

	/** Raises the versions of accounts that are there; their new ones. */
	raiseVersions(ids: Iterable<AccountId>): Map<AccountId, number> {
		const raised = new Map<AccountId, number>()
		for (const id of new Set(ids)) {
			const account = this.accounts.get(id)
			if (!account) continue
			this.accounts.set(id, { ...account, version: account.version + 1 })
			raised.set(id, account.version + 1)
		}
		return raised
	}
}

/** Something named in a write does not exist, or belongs to another tenant. */
export class MissingReferenceError extends Error {
	override readonly name = 'MissingReferenceError'
	readonly isLasting = true
}

/** Without the fields that are undefined or null: absent stays absent. */
export function present<Row extends object>(row: { readonly [Key in keyof Row]: Row[Key] | null | undefined }): Row {
	return Object.fromEntries(Object.entries(row).filter(([, value]) => value !== undefined && value !== null)) as Row
}
