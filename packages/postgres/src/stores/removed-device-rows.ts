import type { DeviceId, DeviceStore, TenantId } from '@vigil/domain'
import type { Database } from '../database/connect.ts'

const REMEMBERED_MS = 180 * 86_400_000

/** The part of the device store that removes devices, and remembers them for a while. */
export function removals(database: Database): Pick<DeviceStore, 'remove' | 'removedAtMs'> {
	return {
		remove: (tenantId, id) => remove(database, tenantId, id),
		removedAtMs: (tokenDigest) => removedAtMs(database, tokenDigest),
	}
}

/** What has been remembered long enough is forgotten at the same time. */
async function remove(database: Database, tenantId: TenantId, id: DeviceId): Promise<boolean> {
	const result = await database.asTenant(
		tenantId,
		(sql) => sql`
			with removed as (
				delete from vigil.devices where id = ${id} returning id, tenant_id, token_digest
			), forgotten as (
				delete from vigil.removed_devices r using removed
				where r.tenant_id = removed.tenant_id and r.removed_at_ms < vigil.now_ms() - ${REMEMBERED_MS}
			)
			insert into vigil.removed_devices (token_digest, tenant_id, device_id)
			select token_digest, tenant_id, id from removed
			on conflict (token_digest) do update set removed_at_ms = excluded.removed_at_ms
		`,
	)
	return result.count > 0
}

async function removedAtMs(database: Database, tokenDigest: string): Promise<number | undefined> {
	const [row] = await database.asPlatform(
		(sql) => sql<{ removedAtMs: number }[]>`
			select removed_at_ms from vigil.removed_devices where token_digest = ${tokenDigest}
		`,
	)
	return row?.removedAtMs
}
