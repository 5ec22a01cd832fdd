import type { Call, CallEvent } from '@vigil/domain'
import type { Sql } from '../database/connect.ts'

type Nullable<T> = { [Key in keyof T]-?: undefined extends T[Key] ? Exclude<T[Key], undefined> | null : T[Key] }

export type CallRow = Nullable<Call>
export type CallEventRow = Nullable<CallEvent>

/** The columns of `CallRow`. */
export function callColumns(sql: Sql) {
	return sql`
		id, tenant_id, account_id, direction, sip_call_id, from_uri, from_display_name, to_uri, started_at_ms, answered_at_ms,
		ended_at_ms, outcome, final_status, answered_by, placed_by
	`
}
