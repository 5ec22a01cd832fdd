import type {
	Call,
	CallEnd,
	CallEvent,
	CallFilter,
	CallId,
	CallStore,
	DeviceId,
	Page,
	PageRequest,
	TenantId,
} from '@vigil/domain'
import type { Database, Sql } from '../database/connect.ts'
import { json } from '../database/json.ts'
import { rowsToRead, startOf, toPage } from './cursor.ts'
import { missedCalls } from './missed-call-rows.ts'
import { present } from './rows.ts'

/** Calls, their timelines, and which missed ones a device has been told of. */
export function callStore(database: Database): CallStore {
	return {
		begin: (call) => begin(database, call),
		end: (id, end) => endCall(database, id, end),
		answered: (id, atMs, deviceId) => answered(database, id, atMs, deviceId),
		append: (events) => append(database, events),
		find: (tenantId, id) => find(database, tenantId, id),
		timeline: (id) => timeline(database, id),
		list: (tenantId, filter, page) => list(database, tenantId, filter, page),
		...missedCalls(database),
	}
}

type Nullable<T> = { [Key in keyof T]-?: undefined extends T[Key] ? Exclude<T[Key], undefined> | null : T[Key] }

type CallRow = Nullable<Call>
type CallEventRow = Nullable<CallEvent>

async function begin(database: Database, call: Call): Promise<void> {
	await database.run(
		(sql) => sql`
			insert into vigil.calls ${sql({
				id: call.id,
				tenant_id: call.tenantId,
				account_id: call.accountId,
				direction: call.direction,
				sip_call_id: call.sipCallId,
				from_uri: call.fromUri,
				from_display_name: call.fromDisplayName ?? null,
				to_uri: call.toUri,
				started_at_ms: call.startedAtMs,
				answered_at_ms: call.answeredAtMs ?? null,
				ended_at_ms: call.endedAtMs ?? null,
				outcome: call.outcome ?? null,
				final_status: call.finalStatus ?? null,
				answered_by: call.answeredBy ?? null,
				placed_by: call.placedBy ?? null,
			})}
			on conflict (id) do nothing
		`,
	)
}

async function endCall(database: Database, id: CallId, end: CallEnd): Promise<void> {
	await database.run(
		(sql) => sql`
			update vigil.calls set ended_at_ms = ${end.endedAtMs}, outcome = ${end.outcome}, final_status = ${end.finalStatus},
				answered_at_ms = coalesce(${end.answeredAtMs ?? null}, answered_at_ms),
				answered_by = coalesce(${end.answeredBy ?? null}, answered_by)
			where id = ${id}
		`,
	)
}

async function answered(database: Database, id: CallId, atMs: number, deviceId?: DeviceId): Promise<void> {
	await database.run(
		(sql) => sql`update vigil.calls set answered_at_ms = ${atMs}, answered_by = ${deviceId ?? null} where id = ${id}`,
	)
}

async function append(database: Database, events: readonly CallEvent[]): Promise<void> {
	if (events.length === 0) return
	await database.run(
		(sql) => sql`
			insert into vigil.call_events (call_id, at_ms, kind, device_id, detail)
			select "callId", "atMs", kind, "deviceId", detail
			from rows from (jsonb_to_recordset(${json(sql, events)}) as (
				"callId" text, "atMs" double precision, kind text, "deviceId" text, detail jsonb
			)) with ordinality as e("callId", "atMs", kind, "deviceId", detail, place)
			order by place
		`,
	)
}

async function find(database: Database, tenantId: TenantId, id: CallId): Promise<Call | undefined> {
	const rows = await database.asTenant(
		tenantId,
		(sql) => sql<CallRow[]>`
			select ${callColumns(sql)} from vigil.calls where tenant_id = ${tenantId} and id = ${id}
		`,
	)
	return rows[0] && present(rows[0])
}

async function timeline(database: Database, id: CallId): Promise<readonly CallEvent[]> {
	const rows = await database.run(
		(sql) => sql<CallEventRow[]>`
			select call_id, at_ms, kind, device_id, detail from vigil.call_events
			where call_id = ${id} order by at_ms, position
		`,
	)
	return rows.map(present<CallEventRow>)
}

async function list(
	database: Database,
	tenantId: TenantId,
	filter: CallFilter,
	page: PageRequest,
): Promise<Page<Call>> {
	const start = startOf(page)
	const rows = await database.asTenant(
		tenantId,
		(sql) => sql<CallRow[]>`
			select ${callColumns(sql)} from vigil.calls
			where tenant_id = ${tenantId}
				and ${filter.accountId ? sql`account_id = ${filter.accountId}` : sql`true`}
				and ${filter.outcome ? sql`outcome = ${filter.outcome}` : sql`true`}
				and ${filter.direction ? sql`direction = ${filter.direction}` : sql`true`}
				and ${start ? sql`(started_at_ms, id) < (${start.atMs}, ${start.id})` : sql`true`}
			order by started_at_ms desc, id desc limit ${rowsToRead(page)}
		`,
	)
	return toPage<Call>(rows.map(present<CallRow>), page, (call) => ({ atMs: call.startedAtMs, id: call.id }))
}

function callColumns(sql: Sql) {
	return sql`
		id, tenant_id, account_id, direction, sip_call_id, from_uri, from_display_name, to_uri, started_at_ms, answered_at_ms,
		ended_at_ms, outcome, final_status, answered_by, placed_by
	`
}
