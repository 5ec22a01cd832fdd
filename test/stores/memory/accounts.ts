import {
	type Account,
	type AccountAttributes,
	type AccountChange,
	type AccountCredential,
	type AccountId,
	type AccountStore,
	bringsCredential,
	DuplicateError,
	MissingCredentialError,
	MovedCredentialError,
	movedDestination,
	type NewAccount,
	type TenantId,
} from '@vigil/domain'
import { changedLimits } from './limits.ts'
import { pageOf } from './pages.ts'
import { MissingReferenceError, present, type Tables } from './tables.ts'

/** Accounts with their credentials, and their registration status. */
export function memoryAccounts(tables: Tables): AccountStore {
	const { accounts, statuses } = tables
	const own = (tenantId: TenantId, id: AccountId) => {
		const account = accounts.get(id)
		return account?.tenantId === tenantId ? account : undefined
	}
	const inOrder = () => [...accounts.values()].sort((one, other) => (one.id < other.id ? -1 : 1))
	return {
		create: async (wanted) => create(tables, wanted),
		find: async (tenantId, id) => own(tenantId, id),
		list: async (tenantId, { username, state }, page) =>
			pageOf(
				'accounts',
				[...accounts.values()].filter(
					(account) =>
						account.tenantId === tenantId &&
						(username === undefined || account.username === username) &&
						(state === undefined || (statuses.get(account.id)?.state ?? 'unregistered') === state),
				),
				page,
				({ createdAtMs: at, id }) => ({ at, id }),
			),
		findMany: async (tenantId, ids) => ids.flatMap((id) => own(tenantId, id) ?? []),
		change: async (tenantId, id, change) => {
			const account = own(tenantId, id)
			return account && changeAccount(tables, account, change)
		},
		remove: async (tenantId, id) => own(tenantId, id) !== undefined && remove(tables, id),
		load: async (id) => asOwned(tables, accounts.get(id)),
		openCredential: async (id) => credentialOf(tables, id),
		openCredentials: async (ids) =>
			new Map(
				ids.flatMap((id) => {
					const credential = credentialOf(tables, id)
					return credential ? [[id, credential] as const] : []
				}),
			),
		versions: async (after, limit) =>
			inOrder()
				.filter(({ id }) => id > after)
				.slice(0, limit)
				.map(({ id, version }) => ({ id, version })),
		async *stream(batchSize) {
			const all = inOrder().flatMap((account) => asOwned(tables, account) ?? [])
			for (let at = 0; at < all.length; at += batchSize) yield all.slice(at, at + batchSize)
		},
		touch: async (tenantId, ids) => tables.raiseVersions(ids.filter((id) => own(tenantId, id))),
		nextGeneration: async (tenantId, id) => {
			const account = own(tenantId, id)
			if (!account) throw new Error(`there is no account ${id} to give a next registration generation`)
			const registrationGeneration = account.registrationGeneration + 1
			accounts.set(id, { ...account, registrationGeneration })
			return registrationGeneration
		},
		status: async (tenantId, id) => own(tenantId, id) && statuses.get(id),
		saveStatuses: async (changed) => {
			for (const [id, { tenantId, status }] of changed) if (own(tenantId, id)) statuses.set(id, present(status))
		},
	}
}

function create(tables: Tables, wanted: NewAccount): Account {
	const { password, ha1, ...fields } = wanted
	const { tenantId, username, domain, contactToken, attributes } = fields
	if (!tables.tenants.has(tenantId)) throw new MissingReferenceError(`There is no tenant ${tenantId}.`)
	requireFree(tables, fields, 'username', `The tenant has an account ${username}@${domain} already.`)
	for (const other of tables.accounts.values()) {
		if (other.contactToken !== contactToken) continue
		throw new DuplicateError('contactToken', 'Another account has this contact token.')
	}
	const stored = attributes.pushEnabled && (password ?? ha1) !== undefined
	if (attributes.pushEnabled && !stored) throw new MissingCredentialError()
	const nowMs = tables.nowMs()
	const account: Account = {
		...present<typeof fields>(fields),
		id: tables.newId('acc') as AccountId,
		registrationGeneration: 1,
		credentialVersion: 1,
		version: 1,
		disabled: false,
		createdAtMs: nowMs,
	}
	tables.accounts.set(account.id, account)
	tables.credentialFacts.set(account.id, { sinceMs: nowMs, warnedAtMs: [] })
	if (stored)
		tables.credentials.set(account.id, { username, ...(password ? { password } : { ha1 }) } as AccountCredential)
	return account
}

/** As its owner sees it: with what its SIP server was seen to ask for. */
function asOwned({ statuses }: Tables, account: Account | undefined): Account | undefined {
	const authentication = account && statuses.get(account.id)?.authentication
	return authentication ? { ...account, authentication } : account
}

function requireFree(
	{ accounts }: Tables,
	{ tenantId, username, domain }: Pick<Account, 'tenantId' | 'username' | 'domain'>,
	field: string,
	message: string,
	except?: AccountId,
): void {
	for (const other of accounts.values()) {
		const isSame = other.tenantId === tenantId && other.username === username
		if (!isSame || other.domain.toLowerCase() !== domain.toLowerCase() || other.id === except) continue
		throw new DuplicateError(field, message)
	}
}

function credentialOf({ accounts, credentials }: Tables, id: AccountId): AccountCredential | undefined {
	const [account, credential] = [accounts.get(id), credentials.get(id)]
	return account && credential && { ...credential, username: account.authUsername ?? account.username }
}

function changeAccount(tables: Tables, account: Account, change: AccountChange): Account {
	const { id } = account
	const { password, ha1, attributes: _attributes, limits, ...fields } = change
	const stored = tables.credentials.get(id)
	if (!bringsCredential(change) && stored) {
		const moved = movedDestination(account, change)
		if (moved.length > 0) throw new MovedCredentialError(moved)
	}
	const attributes = present<AccountAttributes>({ ...account.attributes, ...change.attributes })
	const given = password ?? ha1
	if (attributes.pushEnabled && !stored && !given) throw new MissingCredentialError()
	const stated = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
	const changed: Account = {
		...present<Account>({ ...account, ...stated, limits: changedLimits(account.limits, limits) }),
		attributes,
		version: account.version + 1,
		credentialVersion:
			account.credentialVersion + Number(given !== undefined && change.attributes?.pushEnabled !== false),
	}
	requireFree(tables, changed, 'domain', `The tenant has this user at ${changed.domain} already.`, id)
	tables.accounts.set(id, changed)
	if (change.attributes?.pushEnabled === false) deleteCredential(tables, id, tables.nowMs(), 'push-off')
	else if (given && attributes.pushEnabled) {
		const { lastContactMs } = tables.credentialFacts.get(id) ?? {}
		const facts = { sinceMs: tables.nowMs(), warnedAtMs: [], ...(lastContactMs !== undefined && { lastContactMs }) }
		tables.credentialFacts.set(id, facts)
		tables.credentials.set(id, {
			username: changed.username,
			...(password ? { password } : { ha1 }),
		} as AccountCredential)
	}
	return tables.accounts.get(id) ?? changed
}

/** When and why stays as it was where there was none. */
export function deleteCredential(tables: Tables, id: AccountId, atMs: number, because: 'push-off' | 'inactive'): void {
	const [account, facts] = [tables.accounts.get(id), tables.credentialFacts.get(id)]
	if (!account || !facts) return
	const stored = tables.credentials.delete(id)
	tables.credentialFacts.set(id, {
		...facts,
		warnedAtMs: [],
		...(stored && { deletedAtMs: atMs, deletedBecause: because }),
	})
	if (stored) tables.accounts.set(id, { ...account, credentialVersion: account.credentialVersion + 1 })
}

function remove(tables: Tables, id: AccountId): boolean {
	for (const [deviceId, row] of tables.devices) {
		if (!row.device.lines.includes(id)) continue
		const device = { ...row.device, lines: row.device.lines.filter((line) => line !== id) }
		tables.devices.set(deviceId, { ...row, device })
	}
	for (const [digest, { accountId }] of tables.enrolments) if (accountId === id) tables.enrolments.delete(digest)
	tables.statuses.delete(id)
	tables.credentials.delete(id)
	tables.credentialFacts.delete(id)
	return tables.accounts.delete(id)
}
