import type { PageRequest, TenantId } from '@vigil/domain'
import type { PendingQuery, Row } from 'postgres'
import type { Sql } from '../database/connect.ts'
import { type ListName, MOST_SCANNED, type Position, startOf } from './cursor.ts'

type Fragment = PendingQuery<Row[]>

/** A list as its table has it. */
interface OrderedRows {
	readonly list: ListName
	/** The table, with a name if the conditions use one. */
	readonly table: Fragment
	/** The columns that the list is ordered by: a number, then the id. Together with `among` they are the head of an index. */
	readonly at: Fragment
	readonly id: Fragment
	readonly direction: 'oldest-first' | 'newest-first'
	/** What an index finds; it is read in order from the page's start. */
	readonly among: Fragment
	/** Further conditions, which each row that is read is asked; undefined where there are none. */
	readonly only: Fragment | undefined
}

/** The rows of one page: what to put into `where` and `order by`, and where the search has to end. */
export interface PageQuery {
	readonly where: Fragment
	readonly order: Fragment
	/** The last row that this page may look at, where more follow. */
	readonly scannedTo: Position | undefined
}

/**
 * How to read one page. Where conditions are left that no index answers, the page looks at `MOST_SCANNED` rows and no more,
 * and the next one goes on from there.
 *
 * @throws InvalidCursorError when the request's cursor cannot be read.
 */
export async function pageQuery(sql: Sql, rows: OrderedRows, page: PageRequest): Promise<PageQuery> {
	await readByIndex(sql)
	const { among, only, at, id, direction } = rows
	const start = startOf(rows.list, page)
	const oldestFirst = direction === 'oldest-first'
	const order = oldestFirst ? sql`${at}, ${id}` : sql`${at} desc, ${id} desc`
	const after =
		start &&
		(oldestFirst ? sql`(${at}, ${id}) > (${start.at}, ${start.id})` : sql`(${at}, ${id}) < (${start.at}, ${start.id})`)
	const from = after ? sql`${among} and ${after}` : among
	if (only === undefined) return { where: from, order, scannedTo: undefined }
	const [end] = await sql<Position[]>`
		select ${at}::double precision as at, ${id} as id from ${rows.table} where ${from} order by ${order} offset ${MOST_SCANNED - 1} limit 1
	`
	if (end === undefined) return { where: sql`${from} and ${only}`, order, scannedTo: undefined }
	const within = oldestFirst
		? sql`(${at}, ${id}) <= (${end.at}, ${end.id})`
		: sql`(${at}, ${id}) >= (${end.at}, ${end.id})`
	return { where: sql`${from} and ${within} and ${only}`, order, scannedTo: { at: end.at, id: end.id } }
}

/**
 * Has the statements of the transaction read by indexes. Where it expects to find much, the planner rather reads a table from
 * its beginning to its end, of all tenants; a page that reads a bounded number of rows must not depend on such expectations.
 */
export async function readByIndex(sql: Sql): Promise<void> {
	await sql`select set_config('enable_seqscan', 'off', true)`
}

/** A tenant's rows of a table in the order in which they were made. */
export function byAge(sql: Sql, list: ListName, table: string, tenantId: TenantId): OrderedRows {
	return {
		list,
		table: sql`${sql(`vigil.${table}`)}`,
		at: sql`created_at_ms`,
		id: sql`id`,
		direction: 'oldest-first',
		among: sql`tenant_id = ${tenantId}`,
		only: undefined,
	}
}

/** All of the conditions that are there; undefined when none is. */
export function allOf(sql: Sql, conditions: readonly (Fragment | undefined)[]): Fragment | undefined {
	return conditions.reduce((all, next) => (all && next ? sql`${all} and ${next}` : (all ?? next)), undefined)
}
