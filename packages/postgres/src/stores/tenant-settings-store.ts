import type {
	InviteRules,
	InviteSource,
	TenantId,
	TenantSettings,
	TenantSettingsChange,
	TenantSettingsStore,
} from '@vigil/domain'
import type { Database, Sql } from '../database/connect.ts'
import { meaning, missing } from './constraints.ts'
import { only, present, stated } from './rows.ts'

type SettingsRow = { readonly [Name in keyof TenantSettings]: TenantSettings[Name] | null }

/** What tenants set for themselves. */
export function tenantSettingsStore(database: Database): TenantSettingsStore {
	return {
		stated: (tenantId) => find(database, tenantId),
		change: (tenantId, change) => changeSettings(database, tenantId, change),
		inviteRules: () => inviteRules(database),
	}
}

async function find(database: Database, tenantId: TenantId): Promise<Partial<TenantSettings>> {
	const [row] = await database.asTenant(
		tenantId,
		(sql) => sql<SettingsRow[]>`
			select ${columns(sql)} from vigil.tenant_settings where tenant_id = ${tenantId}
		`,
	)
	return row ? present(row) : {}
}

async function changeSettings(
	database: Database,
	tenantId: TenantId,
	change: TenantSettingsChange,
): Promise<Partial<TenantSettings>> {
	const changed = {
		tenant_id: tenantId,
		...stated({
			credential_inactivity_days: change.credentialInactivityDays,
			foreground_lease_seconds: change.foregroundLeaseSeconds,
			retention_days: change.retentionDays,
			forget_callers: change.forgetCallers,
			invite_source: change.inviteSource,
			invite_networks: change.inviteNetworks && [...change.inviteNetworks],
		}),
	}
	const write = database.asTenant(
		tenantId,
		(sql) => sql<SettingsRow[]>`
			insert into vigil.tenant_settings ${sql(changed)}
			on conflict (tenant_id) do update set ${sql(changed)}
			returning ${columns(sql)}
		`,
	)
	const meanings = { tenant_settings_tenant: missing(`There is no tenant ${tenantId}.`) }
	return present(only(await meaning(meanings, write)))
}

interface RulesRow {
	readonly tenantId: TenantId
	readonly inviteSource: InviteSource | null
	readonly inviteNetworks: readonly string[] | null
}

async function inviteRules(database: Database): Promise<ReadonlyMap<TenantId, InviteRules>> {
	const rows = await database.asPlatform(
		(sql) => sql<RulesRow[]>`
			select tenant_id, invite_source, invite_networks from vigil.tenant_settings
			where invite_source is not null or invite_networks is not null
		`,
	)
	return new Map(rows.map(({ tenantId, ...rules }) => [tenantId, present(rules)]))
}

function columns(sql: Sql) {
	return sql`credential_inactivity_days, foreground_lease_seconds, retention_days, forget_callers, invite_source, invite_networks`
}
