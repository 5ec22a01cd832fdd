import type { PushApp, PushAppHealth, PushAppId, PushAppOutcome, PushAppStore, TenantId } from '@vigil/domain'
import type { Database } from '../database/connect.ts'
import { present } from './rows.ts'

interface HealthRow {
	readonly pushAppId: PushAppId
	readonly state: PushAppHealth['state']
	readonly sinceMs: number
	readonly failures: number
	readonly acceptedAtMs: number | null
	readonly failedAtMs: number | null
	readonly failure: NonNullable<PushAppHealth['failure']> | null
	readonly reason: string | null
	readonly providerStatus: number | null
}

/** The part of the push app store that keeps how pushes fare. */
export function pushAppHealth(database: Database): Pick<PushAppStore, 'noteOutcome' | 'health'> {
	return {
		noteOutcome: (app, outcome) => note(database, app, outcome),
		health: (tenantId, ids) => health(database, tenantId, ids),
	}
}

/** The tenant may only read; the statement asks for its app. Several processes write: a state goes on from whoever saw it first, and failures add up. */
async function note(
	database: Database,
	{ id, tenantId }: Pick<PushApp, 'id' | 'tenantId'>,
	outcome: PushAppOutcome,
): Promise<void> {
	const failing = outcome.state === 'failing' ? outcome : undefined
	await database.asPlatform(
		(sql) => sql`
			insert into vigil.push_app_health as h (
				push_app_id, tenant_id, state, since_ms, failures, accepted_at_ms, failed_at_ms, failure, reason, provider_status
			)
			select id, tenant_id, ${outcome.state}, ${outcome.atMs}::double precision, ${failing?.failures ?? 0}::integer,
				${failing ? null : outcome.atMs}::double precision, ${failing ? outcome.atMs : null}::double precision,
				${failing?.failure ?? null}, ${failing?.reason ?? null}, ${failing?.providerStatus ?? null}::integer
			from vigil.push_apps where id = ${id} and tenant_id = ${tenantId} for key share
			on conflict (push_app_id) do update set
				state = excluded.state,
				since_ms = case when h.state = excluded.state then h.since_ms else excluded.since_ms end,
				failures = case when h.state = excluded.state then h.failures else 0 end + excluded.failures,
				accepted_at_ms = coalesce(excluded.accepted_at_ms, h.accepted_at_ms),
				failed_at_ms = coalesce(excluded.failed_at_ms, h.failed_at_ms),
				failure = coalesce(excluded.failure, h.failure),
				reason = case when excluded.failure is null then h.reason else excluded.reason end,
				provider_status = case when excluded.failure is null then h.provider_status else excluded.provider_status end
		`,
	)
}

async function health(
	database: Database,
	tenantId: TenantId,
	ids: readonly PushAppId[],
): Promise<ReadonlyMap<PushAppId, PushAppHealth>> {
	const rows = await database.asTenant(
		tenantId,
		(sql) => sql<HealthRow[]>`
			select push_app_id, state, since_ms, failures, accepted_at_ms, failed_at_ms, failure, reason, provider_status
			from vigil.push_app_health where tenant_id = ${tenantId} and push_app_id = any(${[...ids]}::text[])
		`,
	)
	return new Map(rows.map(({ pushAppId, ...row }) => [pushAppId, present(row)]))
}
