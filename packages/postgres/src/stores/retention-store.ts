import type { AccountId, Deleted, Retention, TenantId } from '@vigil/domain'
import type { Database } from '../database/connect.ts'

/** Of a turn that was not given back the process has died. */
const TURN_LASTS_MS = 600_000
const FORGOTTEN_AT_ONCE = 500

/** Ends the life of calls and their timelines, in statements that are small enough to disturb nobody. */
export function retentionStore(database: Database): Retention {
	return {
		exclusively: (work) => exclusively(database, work),
		deleteCalls: (tenantId, beforeMs, limit) => deleteCalls(database, tenantId, beforeMs, limit),
		deleteOrphans: (beforeMs, limit) => deleteOrphans(database, beforeMs, limit),
		forgetCallers: (tenantId, accountId) => forgetCallers(database, tenantId, accountId),
	}
}

async function exclusively(database: Database, work: () => Promise<void>): Promise<boolean> {
	const taken = await database.asPlatform(
		(sql) => sql`
			insert into vigil.turns as t (name, until_ms) values ('retention', vigil.now_ms() + ${TURN_LASTS_MS})
			on conflict (name) do update set until_ms = excluded.until_ms where t.until_ms < vigil.now_ms()
		`,
	)
	if (taken.count === 0) return false
	try {
		await work()
	} finally {
		await database.asPlatform((sql) => sql`delete from vigil.turns where name = 'retention'`)
	}
	return true
}

/** The events go first: what is broken off leaves a call without its timeline and no timeline without its call. */
async function deleteCalls(database: Database, tenantId: TenantId, beforeMs: number, limit: number): Promise<Deleted> {
	return database.asTenant(tenantId, async (sql) => {
		const old = await sql<{ id: string }[]>`
			select id from vigil.calls
			where tenant_id = ${tenantId} and started_at_ms < ${beforeMs} and ended_at_ms is not null
			order by started_at_ms, id limit ${limit}
		`
		const ids = old.map(({ id }) => id)
		if (ids.length === 0) return { calls: 0, events: 0 }
		const events = await sql`delete from vigil.call_events where call_id = any(${ids}::text[])`
		const calls = await sql`delete from vigil.calls where tenant_id = ${tenantId} and id = any(${ids}::text[])`
		return { calls: calls.count, events: events.count }
	})
}

async function deleteOrphans(database: Database, beforeMs: number, limit: number): Promise<number> {
	const result = await database.asPlatform(
		(sql) => sql`
			delete from vigil.call_events where position in (
				select e.position from vigil.call_events e
				where e.at_ms < ${beforeMs} and not exists (select from vigil.calls c where c.id = e.call_id)
				order by e.at_ms limit ${limit}
			)
		`,
	)
	return result.count
}

async function forgetCallers(database: Database, tenantId: TenantId, accountId: AccountId): Promise<number> {
	let forgotten = 0
	for (;;) {
		const result = await database.asTenant(
			tenantId,
			(sql) => sql`
				update vigil.calls set from_uri = 'sip:anonymous@anonymous.invalid', from_display_name = null,
					to_uri = 'sip:anonymous@anonymous.invalid'
				where id in (
					select id from vigil.calls
					where tenant_id = ${tenantId} and account_id = ${accountId} and ended_at_ms is not null
						and (from_uri, to_uri) is distinct from ('sip:anonymous@anonymous.invalid', 'sip:anonymous@anonymous.invalid')
					limit ${FORGOTTEN_AT_ONCE}
				)
			`,
		)
		forgotten += result.count
		if (result.count < FORGOTTEN_AT_ONCE) return forgotten
	}
}
