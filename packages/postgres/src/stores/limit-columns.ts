import type { LimitsChange } from '@vigil/domain'
import type { Sql } from '../database/connect.ts'
import { json } from '../database/json.ts'

/**
 * What a column of limits becomes by a change, where it holds `before`: merged by the database, so that two changes at once both count, and
 * null where no limit is left. Undefined where the change says nothing of it.
 */
export function changedLimits<Limits>(
	sql: Sql,
	before: ReturnType<Sql>,
	change: LimitsChange<Limits> | null | undefined,
) {
	if (change === undefined || change === null) return change
	return sql`nullif(jsonb_strip_nulls(coalesce(${before}, '{}') || ${json(sql, change)}), '{}')`
}
