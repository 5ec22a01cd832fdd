import {
	type Call,
	type CallEvent,
	type CallFilter,
	type CallId,
	type CallStore,
	MOST_EVENTS,
	type Page,
	type PageRequest,
	type TenantId,
} from '@vigil/domain'
import type { PendingQuery, Row } from 'postgres'
import type { Database, Sql } from '../database/connect.ts'
import { type CallEventRow, type CallRow, callColumns } from './call-rows.ts'
import { rowsToRead, toPage } from './cursor.ts'
import { allOf, pageQuery, readByIndex } from './page-query.ts'
import { present } from './rows.ts'

/** The part of the call store that shows calls to their tenant. */
export function callLists(database: Database): Pick<CallStore, 'list' | 'timeline'> {
	return {
		list: (tenantId, filter, page) => list(database, tenantId, filter, page),
		timeline: (tenantId, id) => timeline(database, tenantId, id),
	}
}

async function list(
	database: Database,
	tenantId: TenantId,
	filter: CallFilter,
	page: PageRequest,
): Promise<Page<Call>> {
	return database.asTenant(tenantId, async (sql) => {
		const { where, order, scannedTo } = await pageQuery(
			sql,
			{
				list: 'calls',
				table: sql`vigil.calls`,
				at: sql`started_at_ms`,
				id: sql`id`,
				direction: 'newest-first',
				...conditions(sql, tenantId, filter),
			},
			page,
		)
		const rows = await sql<CallRow[]>`
			select ${callColumns(sql)} from vigil.calls where ${where} order by ${order} limit ${rowsToRead(page)}
		`
		const calls: readonly Call[] = rows.map(present<CallRow>)
		return toPage('calls', calls, page, ({ startedAtMs, id }) => ({ at: startedAtMs, id }), scannedTo)
	})
}

/** The condition that leaves the fewest goes by its index, as does the time; the others are asked of each call. */
function conditions(sql: Sql, tenantId: TenantId, filter: CallFilter) {
	const { accountId, fromUri, sipCallId, outcome, direction, startedFromMs, startedBeforeMs } = filter
	const byAccount = accountId && sql`account_id = ${accountId}`
	const byCaller = fromUri === undefined ? undefined : sql`from_uri = ${fromUri}`
	const bySipCall = sipCallId === undefined ? undefined : sql`sip_call_id = ${sipCallId}`
	const indexed =
		(bySipCall && sql`sip_call_key = hashtextextended(${sipCallId ?? ''}, 0)`) ??
		(byCaller && sql`from_key = hashtextextended(${fromUri ?? ''}, 0)`) ??
		byAccount
	const found = allOf(sql, [
		sql`tenant_id = ${tenantId}`,
		indexed,
		startedFromMs === undefined ? undefined : sql`started_at_ms >= ${startedFromMs}`,
		startedBeforeMs === undefined ? undefined : sql`started_at_ms < ${startedBeforeMs}`,
	])
	const asked = [bySipCall, byCaller, byAccount === indexed ? undefined : byAccount]
	return {
		among: found ?? sql`true`,
		only: allOf(sql, [...asked, outcome && sql`outcome = ${outcome}`, direction && sql`direction = ${direction}`]),
	}
}

const HALF = MOST_EVENTS / 2

/** Two reads by the index, from either end, so that no call is long enough to be slow. */
async function timeline(database: Database, tenantId: TenantId, id: CallId): Promise<readonly CallEvent[]> {
	return database.asTenant(tenantId, async (sql) => {
		await readByIndex(sql)
		const events = (order: PendingQuery<Row[]>) => sql`
			select position, call_id, at_ms, kind, device_id, detail from vigil.call_events
			where call_id = ${id} order by ${order} limit ${HALF}
		`
		const rows = await sql<CallEventRow[]>`
			select call_id, at_ms, kind, device_id, detail from (
				(${events(sql`at_ms, position`)}) union (${events(sql`at_ms desc, position desc`)})
			) as e order by at_ms, position
		`
		return rows.map(present<CallEventRow>)
	})
}
