import type { AccountChange } from '@vigil/domain'
import type { Sql } from '../database/connect.ts'
import { json } from '../database/json.ts'
import type { SealedCredential } from '../sealing/account-credential.ts'
import { changedLimits } from './limit-columns.ts'
import { stated } from './rows.ts'

/**
 * The columns that a change sets. Attributes are merged by the database, so that two changes at once both count. Whether
 * the credential stays follows from whether push is on after the change.
 */
export function changedColumns(sql: Sql, change: AccountChange, sealed: SealedCredential) {
	const columns = stated({
		domain: change.domain,
		display_name: change.displayName,
		auth_username: change.authUsername,
		transport: change.transport,
		web_socket_path: change.webSocketPath,
		invite_source: change.inviteSource,
		limits: changedLimits(sql, sql`limits`, change.limits),
		disabled: change.disabled,
		...(change.attributes && {
			attributes: sql`jsonb_strip_nulls(attributes || ${json(sql, change.attributes)})`,
		}),
		...credentialColumns(sql, change, sealed),
		version: sql`version + 1`,
	})
	return sql(columns as never)
}

function credentialColumns(sql: Sql, { attributes }: AccountChange, { password, ha1 }: SealedCredential) {
	const given = password !== null || ha1 !== null
	if (attributes?.pushEnabled === false) return deletedCredential(sql, sql`vigil.now_ms()`, 'push-off')
	if (!given) return {}
	const on = attributes?.pushEnabled === true ? sql`true` : sql`coalesce((attributes ->> 'pushEnabled')::boolean, true)`
	return {
		password: sql`case when ${on} then ${password}::text end`,
		ha1: sql`case when ${on} then ${ha1}::text end`,
		credential_version: sql`credential_version + 1`,
		credential_since_ms: sql`vigil.now_ms()`,
		credential_warned_ms: sql`'{}'`,
		credential_deleted_ms: sql`case when not ${on} then credential_deleted_ms end`,
		credential_deleted_because: sql`case when not ${on} then credential_deleted_because end`,
	}
}

/** The columns of an account whose credential goes; when and why stays as it was where there was none. */
export function deletedCredential(sql: Sql, atMs: ReturnType<Sql>, because: 'push-off' | 'inactive') {
	const stored = sql`coalesce(password, ha1) is not null`
	return {
		password: null,
		ha1: null,
		credential_version: sql`credential_version + (${stored})::integer`,
		credential_warned_ms: sql`'{}'`,
		credential_deleted_ms: sql`case when ${stored} then ${atMs} else credential_deleted_ms end`,
		credential_deleted_because: sql`case when ${stored} then ${because} else credential_deleted_because end`,
	}
}
