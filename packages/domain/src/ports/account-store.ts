import type {
	Account,
	AccountAttributes,
	AccountCredential,
	AttributesChange,
	Ha1Credential,
	UpstreamTransport,
} from '../account/account.ts'
import type { InviteSource } from '../account/invite-source.ts'
import type { RegistrationState, RegistrationStatus } from '../account/registration-status.ts'
import type { AccountLimits } from '../budget/limits.ts'
import type { LimitsChange, StatedAccountLimits } from '../budget/stated-limits.ts'
import type { AccountId, TenantId } from '../ids.ts'
import type { Secret } from '../secret.ts'
import type { Page, PageRequest } from './page.ts'

export interface NewAccount {
	readonly tenantId: TenantId
	readonly username: string
	readonly domain: string
	readonly authUsername?: string
	readonly displayName?: string
	readonly transport: UpstreamTransport
	readonly webSocketPath?: string
	/** This or `ha1` where push is on; where it is off, neither is kept. */
	readonly password?: Secret
	readonly ha1?: Ha1Credential
	readonly attributes: AccountAttributes
	readonly inviteSource?: InviteSource
	readonly limits?: StatedAccountLimits
	readonly contactToken: string
}

/** Push is on, or to be turned on, and there is no credential to register with. */
export class MissingCredentialError extends Error {
	constructor() {
		super('Push cannot be on without a credential.')
		this.name = 'MissingCredentialError'
	}
}

/**
 * A change of an account; absent fields stay. `null` removes an optional one. A new password or HA1 replaces whatever
 * was stored; turning push off deletes it.
 */
export interface AccountChange {
	readonly domain?: string
	readonly displayName?: string | null
	readonly authUsername?: string | null
	readonly transport?: UpstreamTransport
	readonly webSocketPath?: string | null
	readonly password?: Secret
	readonly ha1?: Ha1Credential
	readonly attributes?: AttributesChange
	readonly inviteSource?: InviteSource | null
	/** Limits are changed one by one; `null` removes all. */
	readonly limits?: LimitsChange<AccountLimits> | null
	readonly disabled?: boolean
}

/** What tells whether an account has changed. */
export type AccountVersion = Pick<Account, 'id' | 'version'>

/** The status of an account, and whose that is. */
export interface OwnedStatus {
	readonly tenantId: TenantId
	readonly status: RegistrationStatus
}

export interface AccountFilter {
	/** The user part of the address-of-record, exactly. */
	readonly username?: string
	readonly state?: RegistrationState
}

/** Everything is scoped by tenant where a tenant asks; `load*` without a tenant is for the service's own parts. */
export interface AccountStore {
	/**
	 * Throws `DuplicateError` when the tenant has this username@domain already, `MissingCredentialError` when push is on
	 * without a credential.
	 */
	create(account: NewAccount): Promise<Account>
	find(tenantId: TenantId, id: AccountId): Promise<Account | undefined>
	/** Oldest first. A page may hold fewer than asked for though another follows: the search for what the filter wants is bounded. */
	list(tenantId: TenantId, filter: AccountFilter, page: PageRequest): Promise<Page<Account>>
	/** Those of the accounts that the tenant has, in no order. */
	findMany(tenantId: TenantId, ids: readonly AccountId[]): Promise<readonly Account[]>
	/**
	 * Applies the change and raises `version`; undefined when there is no such account of the tenant. Throws as `create` does, and
	 * `MovedCredentialError` when it would lead the stored credential to another server (see `movedDestination`).
	 */
	change(tenantId: TenantId, id: AccountId, change: AccountChange): Promise<Account | undefined>
	/**
	 * False when there was none. Its lines go with it. With `forgetCallers` the demand is written down together with the removal, for
	 * `Retention.forgetCallers`.
	 */
	remove(tenantId: TenantId, id: AccountId, options?: { readonly forgetCallers: boolean }): Promise<boolean>
	/** For the owner of the account: the account alone. */
	load(id: AccountId): Promise<Account | undefined>
	/** For the owner of the account: opens the sealed credential; undefined when there is none. */
	openCredential(id: AccountId): Promise<AccountCredential | undefined>
	/** The same for many accounts by one question; those that are gone are left out. Absent where a store has only the single form. */
	openCredentials?(ids: readonly AccountId[]): Promise<ReadonlyMap<AccountId, AccountCredential>>
	/** Ids and versions alone, by id, from the first one after `after`. Absent where a store has only `stream`. */
	versions?(after: string, limit: number): Promise<readonly AccountVersion[]>
	/** Streams every account in batches, for a worker that starts. */
	stream(batchSize: number): AsyncIterable<readonly Account[]>
	/** Raises the versions of accounts of the tenant (what the devices state has changed) and returns the new ones. */
	touch(tenantId: TenantId, ids: readonly AccountId[]): Promise<ReadonlyMap<AccountId, number>>
	/** Starts the registration's next generation (new Call-ID) and returns its number. */
	nextGeneration(tenantId: TenantId, id: AccountId): Promise<number>
	status(tenantId: TenantId, id: AccountId): Promise<RegistrationStatus | undefined>
	/**
	 * Writes status changes of accounts of all tenants in one statement; later states of the same account replace earlier ones. One that
	 * is not the named tenant's is passed over.
	 */
	saveStatuses(statuses: ReadonlyMap<AccountId, OwnedStatus>): Promise<void>
}
