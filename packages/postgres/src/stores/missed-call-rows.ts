import type { CallId, CallStore, Device, MissedCall } from '@vigil/domain'
import type { Database } from '../database/connect.ts'
import { present } from './rows.ts'

interface MissedCallRow extends Omit<MissedCall, 'fromDisplayName'> {
	readonly fromDisplayName: string | null
}

type Owned = Pick<Device, 'id' | 'tenantId'>

/** More are no use to anybody who picks up a phone. */
const LIMIT = 100

/** The part of the call store that tells devices what they missed. */
export function missedCalls(database: Database): Pick<CallStore, 'unseenMissed' | 'markSeen'> {
	return {
		unseenMissed: (device) => unseen(database, device),
		markSeen: (device, callIds) => markSeen(database, device, callIds),
	}
}

/**
 * Newest first. To the called user a call is missed as well when the caller gave up. A line that was added later has
 * nothing to do with the calls before.
 */
async function unseen(database: Database, { id: deviceId, tenantId }: Owned): Promise<readonly MissedCall[]> {
	const rows = await database.asTenant(
		tenantId,
		(sql) => sql<MissedCallRow[]>`
			select c.id as call_id, c.account_id, c.from_uri, c.from_display_name, c.started_at_ms as at_ms
			from vigil.lines l join vigil.calls c on c.account_id = l.account_id
			where l.device_id = ${deviceId} and c.direction = 'incoming' and c.outcome in ('missed', 'cancelled')
				and c.recorded_at_ms >= l.added_at_ms
				and not exists (select from vigil.missed_seen s where s.device_id = ${deviceId} and s.call_id = c.id)
			order by c.started_at_ms desc, c.id desc limit ${LIMIT}
		`,
	)
	return rows.map(present<MissedCallRow>)
}

/** Calls that are unknown, or another tenant's, are passed over. */
async function markSeen(
	database: Database,
	{ id: deviceId, tenantId }: Owned,
	callIds: readonly CallId[],
): Promise<void> {
	await database.asTenant(
		tenantId,
		(sql) => sql`
			insert into vigil.missed_seen (device_id, call_id, tenant_id)
			select d.id, c.id, d.tenant_id from vigil.devices d join vigil.calls c on c.tenant_id = d.tenant_id
			where d.id = ${deviceId} and c.id = any(${[...callIds]}::text[])
			on conflict do nothing
		`,
	)
}
