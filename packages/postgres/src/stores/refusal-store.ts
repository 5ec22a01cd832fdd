import type { AccountId, RefusalStore, Refusals, RefusedCalls, TenantId } from '@vigil/domain'
import type { Database } from '../database/connect.ts'
import { json } from '../database/json.ts'

/** What limits have refused, one row for each account and limit. */
export function refusalStore(database: Database): RefusalStore {
	return {
		add: (counted) => add(database, counted),
		ofAccounts: (tenantId, ids) => ofAccounts(database, tenantId, ids),
		ofTenant: (tenantId) => ofTenant(database, tenantId),
	}
}

/** Of accounts of many tenants; in the order of accounts, so that two workers do not wait for each other. */
async function add(database: Database, counted: readonly RefusedCalls[]): Promise<void> {
	if (counted.length === 0) return
	await database.asPlatform(
		(sql) => sql`
			insert into vigil.refused_calls as r (account_id, tenant_id, scope, kind, count, first_at_ms, last_at_ms)
			select a.id, a.tenant_id, c.scope, c.kind, c.count, c."firstAtMs", c."lastAtMs"
			from jsonb_to_recordset(${json(sql, counted)}) as c(
				"accountId" text, "tenantId" text, scope text, kind text, count float8, "firstAtMs" float8, "lastAtMs" float8
			)
			join vigil.accounts a on a.id = c."accountId" and a.tenant_id = c."tenantId"
			order by a.id, c.scope, c.kind
			on conflict (account_id, scope, kind) do update
			set count = r.count + excluded.count, last_at_ms = greatest(r.last_at_ms, excluded.last_at_ms)
		`,
	)
}

async function ofAccounts(database: Database, tenantId: TenantId, ids: readonly AccountId[]) {
	const rows = await database.asTenant(
		tenantId,
		(sql) => sql<(Refusals & { readonly accountId: AccountId })[]>`
			select account_id, scope, kind, count, first_at_ms, last_at_ms from vigil.refused_calls
			where tenant_id = ${tenantId} and account_id = any(${[...ids]}::text[])
			order by last_at_ms desc
		`,
	)
	const found = new Map<AccountId, Refusals[]>()
	for (const { accountId, ...refusals } of rows) {
		const known = found.get(accountId)
		if (known) known.push(refusals)
		else found.set(accountId, [refusals])
	}
	return found
}

async function ofTenant(database: Database, tenantId: TenantId): Promise<readonly Refusals[]> {
	return database.asTenant(
		tenantId,
		(sql) => sql<Refusals[]>`
			select scope, kind, sum(count) as count, min(first_at_ms) as first_at_ms, max(last_at_ms) as last_at_ms
			from vigil.refused_calls where tenant_id = ${tenantId}
			group by scope, kind order by 5 desc
		`,
	)
}
