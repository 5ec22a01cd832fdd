import type { AccountId, CredentialLife, CredentialState, HeardDevice, SilentCredential, TenantId } from '@vigil/domain'
import { CONTACT_NOTED_EVERY_MS, silentSinceMs } from '@vigil/domain'
import type { Database, Sql } from '../database/connect.ts'
import { deletedCredential } from './account-changes.ts'
import { present } from './rows.ts'

interface StateRow
	extends Omit<CredentialState, 'kind' | 'sinceMs' | 'lastContactMs' | 'deletedAtMs' | 'deletedBecause'> {
	readonly kind: CredentialState['kind'] | null
	readonly sinceMs: number | null
	readonly lastContactMs: number | null
	readonly deletedAtMs: number | null
	readonly deletedBecause: CredentialState['deletedBecause'] | null
}

interface SilentRow extends Omit<SilentCredential, 'lastContactMs'> {
	readonly lastContactMs: number | null
}

/** How long credentials live: contacts of devices, warnings, deletion. */
export function credentialLife(database: Database): CredentialLife {
	return {
		states: (tenantId, ids) => states(database, tenantId, ids),
		noteContact: (device, atMs) => noteContact(database, device, atMs),
		silent: (tenantId, sinceMs, batchSize) => silent(database, tenantId, sinceMs, batchSize),
		recordWarning: (tenantId, credential, atMs) => recordWarning(database, tenantId, credential, atMs),
		deleteSilent: (tenantId, credential, atMs) => deleteSilent(database, tenantId, credential, atMs),
	}
}

async function states(
	database: Database,
	tenantId: TenantId,
	ids: readonly AccountId[],
): Promise<ReadonlyMap<AccountId, CredentialState>> {
	const rows = await database.asTenant(
		tenantId,
		(sql) => sql<StateRow[]>`
			select id as account_id, last_contact_ms, credential_warned_ms as warned_at_ms,
				case when password is not null then 'password' when ha1 is not null then 'ha1' end as kind,
				case when coalesce(password, ha1) is not null then credential_since_ms end as since_ms,
				credential_deleted_ms as deleted_at_ms, credential_deleted_because as deleted_because
			from vigil.accounts where tenant_id = ${tenantId} and id = any(${[...ids]}::text[])
		`,
	)
	return new Map(rows.map((row) => [row.accountId, present(row)]))
}

/** The accounts follow only where the device's own row was written: that is what keeps it to once an hour. */
async function noteContact(
	database: Database,
	{ id: deviceId, tenantId }: HeardDevice,
	atMs: number,
): Promise<boolean> {
	const note = (sql: Sql) =>
		sql<{ noted: boolean }[]>`
			with noted as (
				update vigil.devices set last_contact_ms = ${atMs}
				where id = ${deviceId}
					and (last_contact_ms is null or last_contact_ms <= ${atMs - CONTACT_NOTED_EVERY_MS})
				returning id
			), served as (
				-- Always in the same order, so that two devices of the same accounts cannot deadlock.
				select id from vigil.accounts
				where id in (select account_id from vigil.lines where device_id in (select id from noted))
				order by id for update
			), told as (
				update vigil.accounts a
				set last_contact_ms = greatest(last_contact_ms, ${atMs}), credential_warned_ms = '{}'
				from served where a.id = served.id
			)
			select exists (select from noted) as noted
		`
	// The edge knows a device by its id alone.
	const [row] = await (tenantId === undefined ? database.asPlatform(note) : database.asTenant(tenantId, note))
	return row?.noted ?? false
}

/** Each batch is a statement of its own: no connection is held while the caller works on a batch. */
async function* silent(
	database: Database,
	tenantId: TenantId,
	sinceMs: number,
	batchSize: number,
): AsyncGenerator<readonly SilentCredential[]> {
	let after = ''
	for (;;) {
		const rows = await database.asTenant(
			tenantId,
			(sql) => sql<SilentRow[]>`
				select id as account_id, credential_since_ms as since_ms, last_contact_ms, credential_warned_ms as warned_at_ms
				from vigil.accounts
				where tenant_id = ${tenantId} and id > ${after} and ${isSilentSince(sql, sinceMs)}
				order by id limit ${batchSize}
			`,
		)
		const last = rows.at(-1)
		if (!last) return
		yield rows.map(present<SilentRow>)
		after = last.accountId
	}
}

async function recordWarning(
	database: Database,
	tenantId: TenantId,
	credential: SilentCredential,
	atMs: number,
): Promise<boolean> {
	const { accountId, warnedAtMs } = credential
	const result = await database.asTenant(
		tenantId,
		(sql) => sql`
			update vigil.accounts set credential_warned_ms = credential_warned_ms || ${atMs}::double precision
			where id = ${accountId} and ${isSilentSince(sql, silentSinceMs(credential))}
				and cardinality(credential_warned_ms) = ${warnedAtMs.length}
		`,
	)
	return result.count > 0
}

async function deleteSilent(
	database: Database,
	tenantId: TenantId,
	credential: SilentCredential,
	atMs: number,
): Promise<boolean> {
	const result = await database.asTenant(tenantId, (sql) => {
		const columns = {
			...deletedCredential(sql, sql`${atMs}::double precision`, 'inactive'),
			attributes: sql`attributes || '{"pushEnabled": false}'`,
			version: sql`version + 1`,
		}
		return sql`
			update vigil.accounts set ${sql(columns as never)}
			where id = ${credential.accountId} and ${isSilentSince(sql, silentSinceMs(credential))}
		`
	})
	return result.count > 0
}

function isSilentSince(sql: Sql, sinceMs: number) {
	return sql`coalesce(password, ha1) is not null and greatest(last_contact_ms, credential_since_ms) <= ${sinceMs}`
}
