import type {
	AccountId,
	AccountStore,
	OwnedStatus,
	RegistrationStatus,
	SeenAuthentication,
	TenantId,
} from '@vigil/domain'
import type { Database } from '../database/connect.ts'
import { json } from '../database/json.ts'
import { present } from './rows.ts'

interface StatusRow {
	readonly state: RegistrationStatus['state']
	readonly sinceMs: number
	readonly reason: string | null
	readonly sipStatus: number | null
	readonly grantedExpiresSeconds: number | null
	readonly nextAttemptMs: number | null
	readonly target: string | null
	readonly holding: NonNullable<RegistrationStatus['holding']> | null
	readonly blockingReason: string | null
	readonly minExpiresSeconds: number | null
	/** Stored is false alone. */
	readonly confirmed: false | null
	readonly swaps: boolean | null
	readonly replaceableContact: string | null
	readonly authentication: SeenAuthentication | null
	readonly accountVersion: number
}

/** The part of the account store that keeps what the service does about each registration. */
export function registrationStatuses(database: Database): Pick<AccountStore, 'status' | 'saveStatuses'> {
	return {
		status: (tenantId, id) => status(database, tenantId, id),
		saveStatuses: (statuses) => saveStatuses(database, statuses),
	}
}

async function status(database: Database, tenantId: TenantId, id: AccountId): Promise<RegistrationStatus | undefined> {
	const rows = await database.asTenant(
		tenantId,
		(sql) => sql<StatusRow[]>`
			select state, since_ms, reason, sip_status, granted_expires_seconds, next_attempt_ms, target, account_version,
				holding, blocking_reason, min_expires_seconds, confirmed, swaps, replaceable_contact, authentication
			from vigil.registration_status where tenant_id = ${tenantId} and account_id = ${id}
		`,
	)
	return rows[0] && present(rows[0])
}

/**
 * As the platform, because a batch has accounts of many tenants, and a statement for each would make a start as slow as its tenants are
 * many. Each row names its tenant, and is written only where the account is that tenant's. Accounts that were removed meanwhile are
 * passed over; the lock keeps the others until the rows are in.
 */
async function saveStatuses(database: Database, statuses: ReadonlyMap<AccountId, OwnedStatus>): Promise<void> {
	if (statuses.size === 0) return
	const rows = Array.from(statuses, ([accountId, { tenantId, status: value }]) => ({ accountId, tenantId, ...value }))
	await database.asPlatform(
		(sql) => sql`
			with stated as (
				select * from jsonb_to_recordset(${json(sql, rows)}) as s(
					"accountId" text, "tenantId" text, state text, "sinceMs" double precision, reason text, "sipStatus" integer,
					"grantedExpiresSeconds" double precision, "nextAttemptMs" double precision, target text,
					"accountVersion" integer, holding text, "blockingReason" text, "minExpiresSeconds" double precision,
					confirmed boolean, swaps boolean, "replaceableContact" text, authentication jsonb
				)
			), known as (
				select a.id, a.tenant_id from vigil.accounts a
				where (a.id, a.tenant_id) in (select "accountId", "tenantId" from stated)
				order by a.id for key share
			)
			insert into vigil.registration_status (
				account_id, tenant_id, state, since_ms, reason, sip_status, granted_expires_seconds, next_attempt_ms, target,
				account_version, holding, blocking_reason, min_expires_seconds, confirmed, swaps, replaceable_contact,
				authentication
			)
			select known.id, tenant_id, state, "sinceMs", reason, "sipStatus", "grantedExpiresSeconds", "nextAttemptMs",
				target, "accountVersion", holding, "blockingReason", "minExpiresSeconds", confirmed, swaps,
				"replaceableContact", authentication
			from known join stated on stated."accountId" = known.id
			order by known.id
			on conflict (account_id) do update set
				state = excluded.state, since_ms = excluded.since_ms, reason = excluded.reason,
				sip_status = excluded.sip_status, granted_expires_seconds = excluded.granted_expires_seconds,
				next_attempt_ms = excluded.next_attempt_ms, target = excluded.target, account_version = excluded.account_version,
				holding = excluded.holding, blocking_reason = excluded.blocking_reason, min_expires_seconds = excluded.min_expires_seconds,
				confirmed = excluded.confirmed, swaps = excluded.swaps,
				replaceable_contact = excluded.replaceable_contact, authentication = excluded.authentication
		`,
	)
}
