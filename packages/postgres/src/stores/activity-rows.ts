import type { ActivityChange, ActivityOutcome, DeviceActivity, DeviceId, DeviceStore, TenantId } from '@vigil/domain'
import type { Database } from '../database/connect.ts'
import { type DeviceRow, deviceColumns, toDevice } from './device-rows.ts'
import { present } from './rows.ts'

interface StatementRow extends DeviceRow {
	readonly beforeActivity: DeviceActivity
	readonly beforeRegistered: boolean
	readonly beforeUnregistered: boolean
	readonly beforeSwaps: boolean | null
	readonly beforeLeaseUntilMs: number | null
}

/** The part of the device store that takes down what devices state. */
export function statements(database: Database): Pick<DeviceStore, 'setActivity'> {
	return {
		setActivity: async (tenantId, id, change) =>
			(await take(database, tenantId, id, change)) ?? (await unchanged(database, tenantId, id)),
	}
}

/** Locks the device first, so that what a statement has replaced is told exactly. */
async function take(
	database: Database,
	tenantId: TenantId,
	id: DeviceId,
	change: ActivityChange,
): Promise<ActivityOutcome | undefined> {
	const sequence = change.sequence ?? null
	const [row] = await database.asTenant(
		tenantId,
		(sql) => sql<StatementRow[]>`
			with b as (
				select id, activity, registered_upstream, unregistered_upstream, swaps_contacts, lease_until_ms
				from vigil.devices where id = ${id} for update
			)
			update vigil.devices d set activity = ${change.activity}, activity_since_ms = vigil.now_ms(),
				registered_upstream = ${change.registeredUpstream},
				unregistered_upstream = ${change.unregisteredUpstream ?? false},
				swaps_contacts = ${change.swapsContacts ?? null},
				lease_until_ms = ${change.leaseUntilMs ?? null},
				sequence = coalesce(${sequence}, d.sequence)
			from b where d.id = b.id and coalesce(d.sequence <= ${sequence}, true)
			returning b.activity as before_activity, b.registered_upstream as before_registered,
				b.unregistered_upstream as before_unregistered, b.swaps_contacts as before_swaps,
				b.lease_until_ms as before_lease_until_ms,
				${deviceColumns(sql)}
		`,
	)
	return row && outcomeOf(row)
}

function outcomeOf(row: StatementRow): ActivityOutcome {
	const { beforeActivity, beforeRegistered, beforeUnregistered, beforeSwaps, beforeLeaseUntilMs, ...device } = row
	const before = present({
		activity: beforeActivity,
		registeredUpstream: beforeRegistered,
		unregisteredUpstream: beforeUnregistered,
		swapsContacts: beforeSwaps,
		leaseUntilMs: beforeLeaseUntilMs,
	})
	return { device: toDevice(device), before }
}

/** The device is gone, or a statement of a higher sequence was first. */
async function unchanged(database: Database, tenantId: TenantId, id: DeviceId): Promise<ActivityOutcome | undefined> {
	const [row] = await database.asTenant(
		tenantId,
		(sql) => sql<DeviceRow[]>`select ${deviceColumns(sql)} from vigil.devices d where d.id = ${id}`,
	)
	return row && { device: toDevice(row) }
}
