import type { BindingStore, DeviceBinding, DeviceId } from '@vigil/domain'
import type { Database } from '../database/connect.ts'

/** One binding per device; a new one replaces the old. */
export function bindingStore(database: Database): BindingStore {
	return {
		save: (binding) => save(database, binding),
		remove: (deviceId, bindingId) => remove(database, deviceId, bindingId),
		removeByEdge: (edgeUri) => removeByEdge(database, edgeUri),
		list: (deviceIds, nowMs) => list(database, deviceIds, nowMs),
	}
}

/** A device that was removed meanwhile gets no binding. */
async function save(database: Database, binding: DeviceBinding): Promise<void> {
	await database.asPlatform(
		(sql) => sql`
			insert into vigil.device_bindings (
				device_id, tenant_id, binding_id, route, contact, attached_at_ms, expires_at_ms
			)
			select id, tenant_id, ${binding.bindingId}, ${binding.route}, ${binding.contact},
				${binding.attachedAtMs}::double precision, ${binding.expiresAtMs}::double precision
			from vigil.devices where id = ${binding.deviceId} for key share
			on conflict (device_id) do update set
				binding_id = excluded.binding_id, route = excluded.route, contact = excluded.contact,
				attached_at_ms = excluded.attached_at_ms, expires_at_ms = excluded.expires_at_ms
		`,
	)
}

async function remove(database: Database, deviceId: DeviceId, bindingId: string): Promise<boolean> {
	const result = await database.asPlatform(
		(sql) => sql`delete from vigil.device_bindings where device_id = ${deviceId} and binding_id = ${bindingId}`,
	)
	return result.count > 0
}

/** The URI ends where a parameter or the text ends: `sip:edge:506` is not the edge of `sip:edge:5060;lr`. */
async function removeByEdge(database: Database, edgeUri: string): Promise<number> {
	const result = await database.asPlatform(
		(sql) => sql`
			delete from vigil.device_bindings
			where starts_with(route, ${edgeUri}) and substr(route, ${edgeUri.length + 1}::integer, 1) in ('', ';', '?')
		`,
	)
	return result.count
}

async function list(
	database: Database,
	deviceIds: readonly DeviceId[],
	nowMs: number,
): Promise<readonly DeviceBinding[]> {
	const rows = await database.asPlatform(
		(sql) => sql<DeviceBinding[]>`
			select device_id, binding_id, route, contact, attached_at_ms, expires_at_ms from vigil.device_bindings
			where device_id = any(${[...deviceIds]}::text[]) and expires_at_ms > ${nowMs}
		`,
	)
	return [...rows]
}
