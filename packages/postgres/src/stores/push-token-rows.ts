import type {
	DeviceId,
	DeviceStore,
	NewPushToken,
	PushToken,
	PushTokenId,
	SupersededDevice,
	TenantId,
} from '@vigil/domain'
import type { Database, Sql } from '../database/connect.ts'
import { json } from '../database/json.ts'
import type { PushTokenRow } from './device-rows.ts'
import { newId } from './new-id.ts'
import { claimTokens, takeFromOthers } from './push-token-owners.ts'
import { present } from './rows.ts'

type OfTokens = 'findPushToken' | 'retirePushToken' | 'notePushAccepted' | 'notePushRefused'

/** The part of the device store that deals with single tokens. */
export function pushTokens(database: Database): Pick<DeviceStore, OfTokens> {
	return {
		findPushToken: (tenantId, id) => find(database, tenantId, id),
		retirePushToken: (tenantId, id, reason, notAfterMs) => retire(database, tenantId, id, { reason, notAfterMs }),
		notePushAccepted: (tenantId, id) => noteAccepted(database, tenantId, id),
		notePushRefused: (tenantId, id, reason) => noteRefused(database, tenantId, id, reason),
	}
}

/**
 * Makes these the device's live tokens, and nobody else's. One that it has already keeps its id and counts as handed in now, also
 * when it was retired; retired ones that are not among them stay as evidence. Returns the devices that have lost theirs.
 */
export async function replacePushTokens(
	sql: Sql,
	deviceId: DeviceId,
	tokens: readonly NewPushToken[],
): Promise<readonly SupersededDevice[]> {
	await claimTokens(sql, deviceId, tokens)
	const superseded = await takeFromOthers(sql, deviceId, tokens)
	const wanted = sql`jsonb_to_recordset(${json(sql, withIds(tokens))}) as w(id text, "pushAppId" text, kind text, token text)`
	await sql`
		delete from vigil.push_tokens t where t.device_id = ${deviceId} and t.retired_at_ms is null and not exists (
			select from ${wanted} where w."pushAppId" = t.push_app_id and w.kind = t.kind and w.token = t.token
		)
	`
	await sql`
		insert into vigil.push_tokens (id, tenant_id, device_id, push_app_id, kind, token)
		select distinct on (w."pushAppId", w.kind, w.token) w.id, d.tenant_id, d.id, w."pushAppId", w.kind, w.token
		from ${wanted} join vigil.devices d on d.id = ${deviceId}
		on conflict on constraint push_tokens_once
			do update set registered_at_ms = vigil.now_ms(), retired_at_ms = null, retired_reason = null,
				refused_at_ms = null, refused_reason = null
	`
	return superseded
}

function withIds(tokens: readonly NewPushToken[]) {
	return tokens.map(({ pushAppId, kind, token }) => ({ id: newId('tok'), pushAppId, kind, token }))
}

async function find(database: Database, tenantId: TenantId, id: PushTokenId): Promise<PushToken | undefined> {
	const rows = await database.asTenant(
		tenantId,
		(sql) => sql<PushTokenRow[]>`
			select id, device_id, push_app_id, kind, token, registered_at_ms, accepted_at_ms, refused_at_ms, refused_reason,
				retired_at_ms, retired_reason
			from vigil.push_tokens where id = ${id}
		`,
	)
	return rows[0] && present(rows[0])
}

async function retire(
	database: Database,
	tenantId: TenantId,
	id: PushTokenId,
	{ reason, notAfterMs }: { readonly reason: string; readonly notAfterMs: number },
): Promise<boolean> {
	const result = await database.asTenant(
		tenantId,
		(sql) => sql`
			with retired as (
				update vigil.push_tokens set retired_at_ms = vigil.now_ms(), retired_reason = ${reason}
				where id = ${id} and retired_at_ms is null and registered_at_ms <= ${notAfterMs}
				returning device_id
			), served as (
				select a.id from vigil.accounts a
				where a.id in (select l.account_id from vigil.lines l join retired using (device_id))
				order by a.id for update
			), risen as (
				update vigil.accounts a set version = version + 1 from served where a.id = served.id
			)
			select from retired
		`,
	)
	return result.count > 0
}

/** Written once in the life of a token, and after a refusal. */
async function noteAccepted(database: Database, tenantId: TenantId, id: PushTokenId): Promise<void> {
	await database.asTenant(
		tenantId,
		(sql) => sql`
			update vigil.push_tokens
			set accepted_at_ms = coalesce(accepted_at_ms, vigil.now_ms()), refused_at_ms = null, refused_reason = null
			where id = ${id} and (accepted_at_ms is null or refused_at_ms is not null)
		`,
	)
}

async function noteRefused(database: Database, tenantId: TenantId, id: PushTokenId, reason: string): Promise<void> {
	await database.asTenant(
		tenantId,
		(sql) => sql`
			update vigil.push_tokens set refused_at_ms = coalesce(refused_at_ms, vigil.now_ms()), refused_reason = ${reason}
			where id = ${id} and retired_at_ms is null and refused_reason is distinct from ${reason}
		`,
	)
}
