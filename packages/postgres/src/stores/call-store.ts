import type { Call, CallEnd, CallEvent, CallId, CallStore, DeviceId, TenantId } from '@vigil/domain'
import type { Database, Sql } from '../database/connect.ts'
import { json } from '../database/json.ts'
import { callLists } from './call-list.ts'
import { type CallRow, callColumns } from './call-rows.ts'
import { missedCalls } from './missed-call-rows.ts'
import { present } from './rows.ts'

/** Calls, their timelines, and which missed ones a device has been told of. */
export function callStore(database: Database): CallStore {
	return {
		begin: (call) => begin(database, call),
		end: (tenantId, id, end) => endCall(database, tenantId, id, end),
		answered: (tenantId, id, atMs, deviceId) => answered(database, tenantId, id, { atMs, deviceId }),
		append: (events, again) => append(database, events, again),
		closeAbandoned: (atMs) => closeAbandoned(database, atMs),
		find: (tenantId, id) => find(database, tenantId, id),
		...callLists(database),
		...missedCalls(database),
	}
}

async function begin(database: Database, call: Call): Promise<void> {
	await database.asTenant(
		call.tenantId,
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

async function endCall(database: Database, tenantId: TenantId, id: CallId, end: CallEnd): Promise<void> {
	await database.asTenant(
		tenantId,
		(sql) => sql`
			update vigil.calls set ended_at_ms = ${end.endedAtMs}, outcome = ${end.outcome}, final_status = ${end.finalStatus},
				answered_at_ms = coalesce(${end.answeredAtMs ?? null}, answered_at_ms),
				answered_by = coalesce(${end.answeredBy ?? null}, answered_by)
			where tenant_id = ${tenantId} and id = ${id}
		`,
	)
}

async function answered(
	database: Database,
	tenantId: TenantId,
	id: CallId,
	{ atMs, deviceId }: { readonly atMs: number; readonly deviceId: DeviceId | undefined },
): Promise<void> {
	await database.asTenant(
		tenantId,
		(sql) => sql`
			update vigil.calls set answered_at_ms = ${atMs}, answered_by = ${deviceId ?? null}
			where tenant_id = ${tenantId} and id = ${id}
		`,
	)
}

const CLOSED_AT_ONCE = 500

/** In batches, so that no statement takes long however many there are. */
async function closeAbandoned(database: Database, atMs: number): Promise<number> {
	let closed = 0
	for (;;) {
		const [row] = await database.asPlatform(
			(sql) => sql<{ count: number }[]>`
				with open as (
					select id from vigil.calls where ended_at_ms is null order by id limit ${CLOSED_AT_ONCE} for update
				), closed as (
					update vigil.calls c set ended_at_ms = greatest(${atMs}::double precision, c.started_at_ms), outcome = case
						when c.answered_at_ms is not null then 'answered' when c.direction = 'incoming' then 'missed' else 'failed' end
					from open where c.id = open.id
					returning c.id, c.ended_at_ms, c.outcome
				), told as (
					insert into vigil.call_events (call_id, at_ms, kind, detail)
					select id, ended_at_ms, 'ended', jsonb_build_object('cause', 'service-ended', 'outcome', outcome) from closed
				)
				select count(*)::integer as count from closed
			`,
		)
		closed += row?.count ?? 0
		if ((row?.count ?? 0) < CLOSED_AT_ONCE) return closed
	}
}

/** As the platform: an event names its call alone, whose record, and with it the tenant, may come later. */
async function append(database: Database, events: readonly CallEvent[], again?: 'again'): Promise<void> {
	if (events.length === 0) return
	await database.asPlatform(
		(sql) => sql`
			insert into vigil.call_events (call_id, at_ms, kind, device_id, detail)
			select "callId", "atMs", kind, "deviceId", detail
			from rows from (jsonb_to_recordset(${json(sql, events)}) as (
				"callId" text, "atMs" double precision, kind text, "deviceId" text, detail jsonb
			)) with ordinality as e("callId", "atMs", kind, "deviceId", detail, place)
			${again ? missing(sql) : sql``}
			order by place
		`,
	)
}

function missing(sql: Sql) {
	return sql`
		where not exists (
			select from vigil.call_events k where k.call_id = e."callId" and k.at_ms = e."atMs" and k.kind = e.kind
				and k.device_id is not distinct from e."deviceId" and k.detail is not distinct from e.detail
		)
	`
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
