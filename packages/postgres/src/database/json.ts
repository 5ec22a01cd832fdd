import { wellFormedJson } from '@vigil/runtime'
import type { Sql } from './connect.ts'

/**
 * A JSON value of a statement. It is serialised here and not by the driver: there, a value that has no JSON form fails
 * after the statement was queued, which rejects its neighbour on the connection and leaves itself without an answer.
 *
 * @throws TypeError when the value has no JSON form.
 */
export function json(sql: Sql, value: unknown) {
	return sql`${wellFormedJson(JSON.stringify(value))}::text::jsonb`
}
