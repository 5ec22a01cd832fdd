import type { AccountId, DeviceId, NewPushToken, SupersededDevice } from '@vigil/domain'
import type { Sql } from '../database/connect.ts'

const ANOTHER_INSTALL = 'handed in by another install'

/**
 * Makes whoever else hands in, or has, one of these tokens wait until the transaction has ended. The device's own live tokens
 * are among the keys, and keys are taken in one order, so that two devices that exchange their tokens cannot wait for each other.
 */
export async function claimTokens(sql: Sql, deviceId: DeviceId, tokens: readonly NewPushToken[]): Promise<void> {
	const keys = tokens.map(({ pushAppId, token }) => `${pushAppId} ${token}`)
	await sql`
		select pg_advisory_xact_lock(hashtextextended(key, 0)) from (
			select unnest(${keys}::text[]) as key
			union select push_app_id || ' ' || token from vigil.push_tokens
				where device_id = ${deviceId} and retired_at_ms is null
			order by key
		) as k
	`
}

/**
 * Retires every token that other devices have in a push app together with one of these. A token names one install: whoever
 * had it is an earlier one of the same phone, and so is all else that it handed in. Each account that one of those devices
 * serves rises in version. Asks for `claimTokens` first.
 */
export async function takeFromOthers(
	sql: Sql,
	deviceId: DeviceId,
	tokens: readonly NewPushToken[],
): Promise<readonly SupersededDevice[]> {
	if (tokens.length === 0) return []
	const devices = await sql<{ id: DeviceId }[]>`
		with wanted as (
			select * from unnest(
				${tokens.map(({ pushAppId }) => pushAppId)}::text[], ${tokens.map(({ token }) => token)}::text[]
			) as w(push_app_id, token)
		), losing as (
			select distinct o.device_id, o.push_app_id
			from vigil.push_tokens o join wanted w on w.push_app_id = o.push_app_id and w.token = o.token
			where o.retired_at_ms is null and o.device_id <> ${deviceId}
		), lost as (
			select t.id, t.device_id from vigil.push_tokens t join losing using (device_id, push_app_id)
			where t.retired_at_ms is null order by t.id for update of t
		), retired as (
			update vigil.push_tokens t set retired_at_ms = vigil.now_ms(), retired_reason = ${ANOTHER_INSTALL}
			from lost where t.id = lost.id
		)
		select distinct device_id as id from lost order by 1
	`
	return devices.length === 0 ? [] : raiseVersions(sql, devices)
}

async function raiseVersions(sql: Sql, devices: readonly { readonly id: DeviceId }[]): Promise<SupersededDevice[]> {
	const ids = devices.map(({ id }) => id)
	await sql`
		with locked as (
			select id from vigil.accounts
			where id in (select account_id from vigil.lines where device_id = any(${ids}::text[])) order by id for update
		)
		update vigil.accounts a set version = version + 1 from locked where a.id = locked.id
	`
	return sql<{ id: DeviceId; lines: AccountId[] }[]>`
		select id, array(select account_id from vigil.lines l where l.device_id = d.id order by l.position) as lines
		from unnest(${ids}::text[]) as d(id)
	`
}
