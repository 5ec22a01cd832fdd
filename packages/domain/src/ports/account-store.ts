import type { Account, AccountAttributes, AccountCredential, UpstreamTransport } from '../account/account.ts'
import type { RegistrationStatus } from '../account/registration-status.ts'
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
	readonly password: Secret
	readonly attributes: AccountAttributes
	readonly contactToken: string
}

/** A change of an account; absent fields stay. `null` removes an optional one. */
export interface AccountChange {
	readonly displayName?: string | null
	readonly authUsername?: string | null
	readonly transport?: UpstreamTransport
	readonly password?: Secret
	readonly attributes?: AccountAttributes
	readonly disabled?: boolean
}

/** Everything is scoped by tenant where a tenant asks; `load*` without a tenant is for the service's own parts. */
export interface AccountStore {
	/** Throws `DuplicateError` when the tenant has this username@domain already. */
	create(account: NewAccount): Promise<Account>
	find(tenantId: TenantId, id: AccountId): Promise<Account | undefined>
	list(tenantId: TenantId, page: PageRequest): Promise<Page<Account>>
	/** Applies the change and raises `version`; undefined when there is no such account of the tenant. */
	change(tenantId: TenantId, id: AccountId, change: AccountChange): Promise<Account | undefined>
	/** False when there was none. Its lines go with it. */
	remove(tenantId: TenantId, id: AccountId): Promise<boolean>
	/** For the owner of the account: the account alone. */
	load(id: AccountId): Promise<Account | undefined>
	/** For the owner of the account: opens the sealed credential. */
	openCredential(id: AccountId): Promise<AccountCredential | undefined>
	/** Streams every account in batches, for a worker that starts. */
	stream(batchSize: number): AsyncIterable<readonly Account[]>
	/** Raises the version (what the devices state has changed) and returns the new one. */
	touch(ids: readonly AccountId[]): Promise<ReadonlyMap<AccountId, number>>
	/** Starts the registration's next generation (new Call-ID) and returns its number. */
	nextGeneration(id: AccountId): Promise<number>
	status(id: AccountId): Promise<RegistrationStatus | undefined>
	/** Writes status changes in one statement; later states of the same account replace earlier ones. */
	saveStatuses(statuses: ReadonlyMap<AccountId, RegistrationStatus>): Promise<void>
}
