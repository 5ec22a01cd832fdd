import type { AccountId, DeviceId, ForegroundLeaseStore } from '@vigil/domain'
import type { Database } from '../database/connect.ts'
import { json } from '../database/json.ts'

/** Foreground leases of devices. */
export function foregroundLeaseStore(database: Database): ForegroundLeaseStore {
	return {
		accountsWithLapsedLease: (afterMs, untilMs) => accountsWithLapsedLease(database, afterMs, untilMs),
		renewLeases: (untilMs, nowMs) => renewLeases(database, untilMs, nowMs),
	}
}

async function accountsWithLapsedLease(
	database: Database,
	afterMs: number,
	untilMs: number,
): Promise<readonly AccountId[]> {
	const rows = await database.asPlatform(
		(sql) => sql<{ accountId: AccountId }[]>`
			select distinct l.account_id
			from vigil.devices d join vigil.lines l on l.device_id = d.id
			where d.activity = 'foreground' and d.lease_until_ms > ${afterMs} and d.lease_until_ms <= ${untilMs}
			order by l.account_id
		`,
	)
	return rows.map((row) => row.accountId)
}

/** In the order of ids, so that two edges at the same devices do not wait for each other in a circle. */
async function renewLeases(database: Database, untilMs: ReadonlyMap<DeviceId, number>, nowMs: number): Promise<number> {
	if (untilMs.size === 0) return 0
	const stated = Array.from(untilMs, ([id, until]) => ({ id, until }))
	const result = await database.asPlatform(
		(sql) => sql`
			with prolonged as (
				select d.id, stated.until
				from jsonb_to_recordset(${json(sql, stated)}) as stated(id text, until double precision)
				join vigil.devices d on d.id = stated.id
				where d.activity = 'foreground' and d.lease_until_ms < stated.until and d.lease_until_ms > ${nowMs}
				order by d.id for update of d
			)
			update vigil.devices d set lease_until_ms = prolonged.until from prolonged where d.id = prolonged.id
		`,
	)
	return result.count
}
