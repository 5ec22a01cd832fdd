import type { AccountId, Device, PushToken } from '@vigil/domain'
import type { Sql } from '../database/connect.ts'
import { present } from './rows.ts'

type NullableOfToken = 'acceptedAtMs' | 'refusedAtMs' | 'refusedReason' | 'retiredAtMs' | 'retiredReason'
type Nullable = 'name' | 'swapsContacts' | 'leaseUntilMs' | 'sequence' | 'lastContactMs'

export interface DeviceRow extends Omit<Device, Nullable | 'pushTokens' | 'lines'> {
	readonly name: string | null
	readonly swapsContacts: boolean | null
	readonly leaseUntilMs: number | null
	readonly sequence: number | null
	readonly lastContactMs: number | null
	readonly pushTokens: readonly PushToken[]
	readonly lines: readonly AccountId[]
}

export interface PushTokenRow extends Omit<PushToken, NullableOfToken> {
	readonly acceptedAtMs: number | null
	readonly refusedAtMs: number | null
	readonly refusedReason: string | null
	readonly retiredAtMs: number | null
	readonly retiredReason: string | null
}

/** The columns of `DeviceRow` of `vigil.devices d`, with tokens and lines, each in the order of their arrival. */
export function deviceColumns(sql: Sql) {
	return sql`
		d.id, d.tenant_id, d.platform, d.name, d.instance_id, d.activity, d.activity_since_ms, d.registered_upstream,
		d.unregistered_upstream, d.swaps_contacts, d.lease_until_ms, d.sequence, d.last_contact_ms, d.created_at_ms,
		coalesce((
			select jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
				'id', t.id, 'deviceId', t.device_id, 'pushAppId', t.push_app_id, 'kind', t.kind, 'token', t.token,
				'registeredAtMs', t.registered_at_ms, 'acceptedAtMs', t.accepted_at_ms, 'refusedAtMs', t.refused_at_ms,
				'refusedReason', t.refused_reason, 'retiredAtMs', t.retired_at_ms, 'retiredReason', t.retired_reason
			)) order by t.registered_at_ms, t.id)
			from vigil.push_tokens t where t.device_id = d.id
		), '[]') as push_tokens,
		array(select l.account_id from vigil.lines l where l.device_id = d.id order by l.position) as lines
	`
}

export function toDevice(row: DeviceRow): Device {
	return present(row)
}
