import {
	type Account,
	type AccountAttributes,
	DEFAULT_ATTRIBUTES,
	type InviteSource,
	type SeenAuthentication,
	type StatedAccountLimits,
} from '@vigil/domain'
import type { Sql } from '../database/connect.ts'
import { present } from './rows.ts'

export interface AccountRow
	extends Omit<
		Account,
		'authentication' | 'authUsername' | 'displayName' | 'webSocketPath' | 'inviteSource' | 'limits' | 'attributes'
	> {
	readonly authUsername: string | null
	readonly displayName: string | null
	readonly webSocketPath: string | null
	readonly inviteSource: InviteSource | null
	readonly limits: StatedAccountLimits | null
	readonly attributes: Partial<AccountAttributes>
	/** Only where the owners of accounts read. */
	readonly authentication?: SeenAuthentication | null
}

/** The columns of `AccountRow`; never the credential. */
export function accountColumns(sql: Sql) {
	return sql`
		id, tenant_id, username, domain, auth_username, display_name, transport, web_socket_path, attributes, invite_source, limits,
		contact_token, registration_generation, credential_version, version, disabled, created_at_ms
	`
}

/** The same with what only the owners of accounts read. */
export function ownedAccountColumns(sql: Sql) {
	return sql`
		${accountColumns(sql)},
		(select s.authentication from vigil.registration_status s where s.account_id = accounts.id) as authentication
	`
}

/** Attributes that are newer than the row have their defaults. */
export function toAccount({ authentication, ...row }: AccountRow): Account {
	const attributes = { ...DEFAULT_ATTRIBUTES, ...row.attributes }
	return { ...present(row), attributes, ...(authentication && { authentication }) }
}
