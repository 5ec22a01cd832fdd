import type { AccountId, Device, DeviceFilter, DeviceStore, Page, PageRequest, TenantId } from '@vigil/domain'
import type { Database, Sql } from '../database/connect.ts'
import { rowsToRead, toPage } from './cursor.ts'
import { type DeviceRow, deviceColumns, toDevice } from './device-rows.ts'
import { allOf, pageQuery } from './page-query.ts'

/** The part of the device store that lists a tenant's devices. */
export function deviceLists(database: Database): Pick<DeviceStore, 'list'> {
	return {
		list: (tenantId, filter, page) =>
			filter.accountId === undefined
				? listAll(database, tenantId, filter, page)
				: listOfAccount(database, tenantId, { ...filter, accountId: filter.accountId }, page),
	}
}

async function listAll(
	database: Database,
	tenantId: TenantId,
	filter: DeviceFilter,
	page: PageRequest,
): Promise<Page<Device>> {
	return database.asTenant(tenantId, async (sql) => {
		const { where, order, scannedTo } = await pageQuery(
			sql,
			{
				list: 'devices',
				table: sql`vigil.devices d`,
				at: sql`d.created_at_ms`,
				id: sql`d.id`,
				direction: 'oldest-first',
				among: sql`d.tenant_id = ${tenantId}`,
				only: conditions(sql, filter),
			},
			page,
		)
		const rows = await sql<DeviceRow[]>`
			select ${deviceColumns(sql)} from vigil.devices d where ${where} order by ${order} limit ${rowsToRead(page)}
		`
		return toPage('devices', rows.map(toDevice), page, ({ createdAtMs, id }) => ({ at: createdAtMs, id }), scannedTo)
	})
}

interface LineRow extends DeviceRow {
	readonly linePosition: number
}

/** In the order in which the devices became the account's. */
async function listOfAccount(
	database: Database,
	tenantId: TenantId,
	filter: DeviceFilter & { readonly accountId: AccountId },
	page: PageRequest,
): Promise<Page<Device>> {
	return database.asTenant(tenantId, async (sql) => {
		// The offset keeps the planner from looking for the devices first.
		const table = sql`
			vigil.lines l cross join lateral (select * from vigil.devices v where v.id = l.device_id offset 0) as d
		`
		const { where, order, scannedTo } = await pageQuery(
			sql,
			{
				list: 'lines',
				table,
				at: sql`l.position`,
				id: sql`l.device_id`,
				direction: 'oldest-first',
				among: sql`l.account_id = ${filter.accountId} and l.tenant_id = ${tenantId}`,
				only: conditions(sql, filter),
			},
			page,
		)
		const rows = await sql<LineRow[]>`
			select l.position::double precision as line_position, ${deviceColumns(sql)}
			from ${table} where ${where} order by ${order} limit ${rowsToRead(page)}
		`
		const positions = new Map(rows.map(({ id, linePosition }) => [id, linePosition]))
		const devices = rows.map(({ linePosition: _position, ...row }) => toDevice(row))
		return toPage('lines', devices, page, ({ id }) => ({ at: positions.get(id) ?? 0, id }), scannedTo)
	})
}

function conditions(sql: Sql, { platform, pushAppId }: DeviceFilter) {
	return allOf(sql, [
		platform && sql`d.platform = ${platform}`,
		pushAppId &&
			sql`exists (
				select from vigil.push_tokens t
				where t.device_id = d.id and t.push_app_id = ${pushAppId} and t.retired_at_ms is null
			)`,
	])
}
