import type { AccountId, DeviceId, LeaseStore } from '@vigil/domain'
import type { Database } from '../database/connect.ts'

/** Foreground leases of devices. */
export function leaseStore(database: Database): LeaseStore {
	return {
		accountsWithLapsedLease: (afterMs, untilMs) => accountsWithLapsedLease(database, afterMs, untilMs),
		renewLease: (deviceId, untilMs) => renewLease(database, deviceId, untilMs),
	}
}

async function accountsWithLapsedLease(
	database: Database,
	afterMs: number,
	untilMs: number,
): Promise<readonly AccountId[]> {
	const rows = await database.run(
		(sql) => sql<{ accountId: AccountId }[]>`
			select distinct l.account_id
			from vigil.devices d join vigil.lines l on l.device_id = d.id
			where d.activity = 'foreground' and d.lease_until_ms > ${afterMs} and d.lease_until_ms <= ${untilMs}
			order by l.account_id
		`,
	)
	return rows.map((row) => row.accountId)
}

async function renewLease(database: Database, deviceId: DeviceId, untilMs: number): Promise<boolean> {
	const result = await database.run(
		(sql) => sql`
			update vigil.devices set lease_until_ms = ${untilMs}
			where id = ${deviceId} and activity = 'foreground' and lease_until_ms < ${untilMs}
		`,
	)
	return result.count > 0
}
