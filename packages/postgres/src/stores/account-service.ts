import type { Account, AccountCredential, AccountId, AccountStore, AccountVersion, TenantId } from '@vigil/domain'
import type { Database } from '../database/connect.ts'
import { openCredential, type SealedCredential } from '../sealing/account-credential.ts'
import type { KeyRing } from '../sealing/key-ring.ts'
import { type AccountRow, ownedAccountColumns, toAccount } from './account-rows.ts'
import { registrationStatuses } from './registration-status-rows.ts'

type ServicePart =
	| 'load'
	| 'openCredential'
	| 'openCredentials'
	| 'versions'
	| 'stream'
	| 'touch'
	| 'nextGeneration'
	| 'status'
	| 'saveStatuses'

/** What the owners of accounts use. */
export function accountService(database: Database, keyRing: KeyRing): Pick<AccountStore, ServicePart> {
	return {
		load: (id) => load(database, id),
		openCredential: (id) => openOne(database, keyRing, id),
		openCredentials: (ids) => openAll(database, keyRing, ids),
		versions: (after, limit) => versions(database, after, limit),
		stream: (batchSize) => stream(database, batchSize),
		touch: (tenantId, ids) => touch(database, tenantId, ids),
		nextGeneration: (tenantId, id) => nextGeneration(database, tenantId, id),
		...registrationStatuses(database),
	}
}

async function load(database: Database, id: AccountId): Promise<Account | undefined> {
	const rows = await database.asPlatform(
		(sql) => sql<AccountRow[]>`select ${ownedAccountColumns(sql)} from vigil.accounts where id = ${id}`,
	)
	return rows[0] && toAccount(rows[0])
}

interface CredentialRow extends SealedCredential {
	readonly id: AccountId
	readonly username: string
}

async function openOne(database: Database, keyRing: KeyRing, id: AccountId): Promise<AccountCredential | undefined> {
	return (await openAll(database, keyRing, [id])).get(id)
}

async function openAll(
	database: Database,
	keyRing: KeyRing,
	ids: readonly AccountId[],
): Promise<ReadonlyMap<AccountId, AccountCredential>> {
	const rows = await database.asPlatform(
		(sql) => sql<CredentialRow[]>`
			select id, coalesce(auth_username, username) as username, password, ha1
			from vigil.accounts where id = any(${[...ids]}::text[]) and coalesce(password, ha1) is not null
		`,
	)
	return new Map(
		rows.flatMap((row) => {
			const credential = openCredential(keyRing, row.id, row)
			return credential === undefined ? [] : [[row.id, credential] as const]
		}),
	)
}

function versions(database: Database, after: string, limit: number): Promise<readonly AccountVersion[]> {
	return database.asPlatform(
		(sql) =>
			sql<AccountVersion[]>`select id, version from vigil.accounts where id > ${after} order by id limit ${limit}`,
	)
}

/** Each batch is a statement of its own: no connection is held while the caller works on a batch. */
async function* stream(database: Database, batchSize: number): AsyncGenerator<readonly Account[]> {
	let after = ''
	for (;;) {
		const rows = await database.asPlatform(
			(sql) => sql<AccountRow[]>`
				select ${ownedAccountColumns(sql)} from vigil.accounts where id > ${after} order by id limit ${batchSize}
			`,
		)
		const last = rows.at(-1)
		if (!last) return
		yield rows.map(toAccount)
		after = last.id
	}
}

async function touch(
	database: Database,
	tenantId: TenantId,
	ids: readonly AccountId[],
): Promise<ReadonlyMap<AccountId, number>> {
	const rows = await database.asTenant(
		tenantId,
		(sql) => sql<{ id: AccountId; version: number }[]>`
			with locked as (
				-- Always in the same order, so that two touches of the same accounts cannot deadlock.
				select id from vigil.accounts where id = any(${[...ids]}::text[]) order by id for update
			)
			update vigil.accounts a set version = version + 1 from locked where a.id = locked.id
			returning a.id, a.version
		`,
	)
	return new Map(rows.map(({ id, version }) => [id, version]))
}

async function nextGeneration(database: Database, tenantId: TenantId, id: AccountId): Promise<number> {
	const [row] = await database.asTenant(
		tenantId,
		(sql) => sql<{ generation: number }[]>`
			update vigil.accounts set registration_generation = registration_generation + 1 where id = ${id}
			returning registration_generation as generation
		`,
	)
	if (!row) throw new Error(`there is no account ${id} to give a next registration generation`)
	return row.generation
}
