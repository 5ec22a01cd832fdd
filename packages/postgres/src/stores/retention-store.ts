import { randomUUID } from 'node:crypto'
import type { AccountId, Deleted, Forgetting, Retention, TenantId, Turn } from '@vigil/domain'
import type { Database } from '../database/connect.ts'

/** Of a turn that was not given back the process has died. */
const TURN_LASTS_MS = 600_000
const ANONYMOUS = 'sip:anonymous@anonymous.invalid'

/** Ends the life of calls and their timelines, in statements that are small enough to disturb nobody. */
export function retentionStore(database: Database): Retention {
	return {
		exclusively: (work) => exclusively(database, work),
		deleteCalls: (tenantId, beforeMs, limit) => deleteCalls(database, tenantId, beforeMs, limit),
		deleteOrphans: (beforeMs, limit) => deleteOrphans(database, beforeMs, limit),
		forgettings: (after, limit) => forgettings(database, after, limit),
		forgetCallers: (forgetting, limit) => forgetCallers(database, forgetting, limit),
	}
}

async function exclusively(database: Database, work: (turn: Turn) => Promise<void>): Promise<boolean> {
	const holder = randomUUID()
	const taken = await database.asPlatform(
		(sql) => sql`
			insert into vigil.turns as t (name, until_ms, holder)
			values ('retention', vigil.now_ms() + ${TURN_LASTS_MS}, ${holder})
			on conflict (name) do update set until_ms = excluded.until_ms, holder = excluded.holder
			where t.until_ms < vigil.now_ms()
		`,
	)
	if (taken.count === 0) return false
	try {
		await work({ renew: () => renew(database, holder) })
	} finally {
		await database.asPlatform((sql) => sql`delete from vigil.turns where name = 'retention' and holder = ${holder}`)
	}
	return true
}

async function renew(database: Database, holder: string): Promise<boolean> {
	const renewed = await database.asPlatform(
		(sql) => sql`
			update vigil.turns set until_ms = vigil.now_ms() + ${TURN_LASTS_MS} where name = 'retention' and holder = ${holder}
		`,
	)
	return renewed.count > 0
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

async function forgettings(
	database: Database,
	after: AccountId | undefined,
	limit: number,
): Promise<readonly Forgetting[]> {
	return database.asPlatform(
		(sql) => sql<Forgetting[]>`
			select tenant_id, account_id from vigil.forgettings where account_id > ${after ?? ''}
			order by account_id limit ${limit}
		`,
	)
}

/** A call that goes on is forgotten after its end: until then its end may be written over what was taken out. */
async function forgetCallers(database: Database, { tenantId, accountId }: Forgetting, limit: number): Promise<number> {
	return database.asTenant(tenantId, async (sql) => {
		const names = sql`(from_uri, to_uri) is distinct from (${ANONYMOUS}::text, ${ANONYMOUS}::text)`
		const own = sql`tenant_id = ${tenantId} and account_id = ${accountId}`
		const forgotten = await sql`
			update vigil.calls set from_uri = ${ANONYMOUS}, from_display_name = null, to_uri = ${ANONYMOUS}
			where id in (
				select id from vigil.calls where ${own} and ended_at_ms is not null and ${names} limit ${limit}
			)
		`
		if (forgotten.count < limit) {
			await sql`
				delete from vigil.forgettings where ${own}
					and not exists (select from vigil.calls where ${own} and (ended_at_ms is null or ${names}))
			`
		}
		return forgotten.count
	})
}
