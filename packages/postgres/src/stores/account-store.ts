import {
	type Account,
	type AccountChange,
	type AccountFilter,
	type AccountId,
	type AccountStore,
	bringsCredential,
	MissingCredentialError,
	MovedCredentialError,
	movedDestination,
	type NewAccount,
	type Page,
	type PageRequest,
	type RegistrationState,
	type TenantId,
} from '@vigil/domain'
import type { Database, Sql } from '../database/connect.ts'
import { json } from '../database/json.ts'
import { sealCredential } from '../sealing/account-credential.ts'
import type { KeyRing } from '../sealing/key-ring.ts'
import { changedColumns } from './account-changes.ts'
import { type AccountRow, accountColumns, toAccount } from './account-rows.ts'
import { accountService } from './account-service.ts'
import { duplicate, meaning, missing } from './constraints.ts'
import { rowsToRead, toPage } from './cursor.ts'
import { newId } from './new-id.ts'
import { pageQuery } from './page-query.ts'
import { only } from './rows.ts'

/** Accounts with their sealed credentials, and their registration status. */
export function accountStore(database: Database, keyRing: KeyRing): AccountStore {
	return {
		create: (account) => create(database, keyRing, account),
		find: (tenantId, id) => find(database, tenantId, id),
		list: (tenantId, filter, page) => list(database, tenantId, filter, page),
		findMany: (tenantId, ids) => findMany(database, tenantId, ids),
		change: (tenantId, id, change) => changeAccount(database, keyRing, tenantId, id, change),
		remove: (tenantId, id, options) => remove(database, tenantId, id, options?.forgetCallers === true),
		...accountService(database, keyRing),
	}
}

async function create(database: Database, keyRing: KeyRing, account: NewAccount): Promise<Account> {
	const id = newId('acc')
	const { tenantId, username, domain } = account
	const sealed = sealCredential(keyRing, id, account.attributes.pushEnabled ? account : {})
	const meanings = {
		accounts_address: addressTaken(username, domain),
		accounts_contact_token: duplicate('contactToken', 'Another account has this contact token.'),
		accounts_tenant: missing(`There is no tenant ${tenantId}.`),
		accounts_credential: () => new MissingCredentialError(),
	}
	const write = database.asTenant(
		tenantId,
		(sql) => sql<AccountRow[]>`
			insert into vigil.accounts (
				id, tenant_id, username, domain, auth_username, display_name, transport, web_socket_path, password, ha1,
				attributes, invite_source, limits, contact_token
			)
			values (
				${id}, ${tenantId}, ${username}, ${domain}, ${account.authUsername ?? null}, ${account.displayName ?? null},
				${account.transport}, ${account.webSocketPath ?? null}, ${sealed.password}, ${sealed.ha1},
				${json(sql, account.attributes)}, ${account.inviteSource ?? null}, ${account.limits ? json(sql, account.limits) : null}, ${account.contactToken}
			)
			returning ${accountColumns(sql)}
		`,
	)
	return toAccount(only(await meaning(meanings, write)))
}

function addressTaken(username: string, domain: string): () => Error {
	return duplicate('username', `The tenant has an account ${username}@${domain} already.`)
}

async function find(database: Database, tenantId: TenantId, id: AccountId): Promise<Account | undefined> {
	const rows = await database.asTenant(
		tenantId,
		(sql) => sql<AccountRow[]>`
			select ${accountColumns(sql)} from vigil.accounts where tenant_id = ${tenantId} and id = ${id}
		`,
	)
	return rows[0] && toAccount(rows[0])
}

async function findMany(
	database: Database,
	tenantId: TenantId,
	ids: readonly AccountId[],
): Promise<readonly Account[]> {
	if (ids.length === 0) return []
	const rows = await database.asTenant(
		tenantId,
		(sql) => sql<AccountRow[]>`
			select ${accountColumns(sql)} from vigil.accounts
			where tenant_id = ${tenantId} and id = any(${[...ids]}::text[])
		`,
	)
	return rows.map(toAccount)
}

async function list(
	database: Database,
	tenantId: TenantId,
	{ username, state }: AccountFilter,
	page: PageRequest,
): Promise<Page<Account>> {
	return database.asTenant(tenantId, async (sql) => {
		const table = sql`vigil.accounts a`
		const own = sql`a.tenant_id = ${tenantId}`
		const { where, order, scannedTo } = await pageQuery(
			sql,
			{
				list: 'accounts',
				table,
				at: sql`a.created_at_ms`,
				id: sql`a.id`,
				direction: 'oldest-first',
				among: username === undefined ? own : sql`${own} and a.username = ${username}`,
				only: state && isInState(sql, state),
			},
			page,
		)
		const rows = await sql<AccountRow[]>`
			select ${accountColumns(sql)} from ${table} where ${where} order by ${order} limit ${rowsToRead(page)}
		`
		return toPage('accounts', rows.map(toAccount), page, ({ createdAtMs, id }) => ({ at: createdAtMs, id }), scannedTo)
	})
}

/** Nothing is written of an account before its worker does something about it; see `initialRegistrationStatus`. */
function isInState(sql: Sql, state: RegistrationState) {
	const stated = sql`(select s.state from vigil.registration_status s where s.account_id = a.id)`
	return state === 'unregistered' ? sql`coalesce(${stated}, 'unregistered') = ${state}` : sql`${stated} = ${state}`
}

async function changeAccount(
	database: Database,
	keyRing: KeyRing,
	tenantId: TenantId,
	id: AccountId,
	change: AccountChange,
): Promise<Account | undefined> {
	const meanings = {
		accounts_address: duplicate('domain', `The tenant has this user at ${change.domain} already.`),
		accounts_credential: () => new MissingCredentialError(),
	}
	const sealed = sealCredential(keyRing, id, change)
	const write = database.asTenant(tenantId, async (sql) => {
		if (!bringsCredential(change)) await refuseMove(sql, tenantId, id, change)
		return sql<AccountRow[]>`
			update vigil.accounts set ${changedColumns(sql, change, sealed)}
			where tenant_id = ${tenantId} and id = ${id}
			returning ${accountColumns(sql)}
		`
	})
	const rows = await meaning(meanings, write)
	return rows[0] && toAccount(rows[0])
}

/** A stored credential stays with the server that it was handed in for. Locks the row, so that two changes at once make no gap. */
async function refuseMove(sql: Sql, tenantId: TenantId, id: AccountId, change: AccountChange): Promise<void> {
	const { domain, transport, webSocketPath, attributes } = change
	const moves = [domain, transport, webSocketPath, attributes?.outboundProxy].some((value) => value !== undefined)
	if (!moves) return
	const [row] = await sql<(AccountRow & { readonly stored: boolean })[]>`
		select ${accountColumns(sql)}, coalesce(password, ha1) is not null as stored from vigil.accounts
		where tenant_id = ${tenantId} and id = ${id} for no key update
	`
	const fields = row?.stored ? movedDestination(toAccount(row), change) : []
	if (fields.length > 0) throw new MovedCredentialError(fields)
}

async function remove(database: Database, tenantId: TenantId, id: AccountId, forgetCallers: boolean): Promise<boolean> {
	return database.asTenant(tenantId, async (sql) => {
		const result = await sql`delete from vigil.accounts where tenant_id = ${tenantId} and id = ${id}`
		if (result.count > 0 && forgetCallers) {
			await sql`
				insert into vigil.forgettings (account_id, tenant_id) values (${id}, ${tenantId}) on conflict do nothing
			`
		}
		return result.count > 0
	})
}
