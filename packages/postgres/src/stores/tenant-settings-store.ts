import type {
	StatedTenantLimits,
	StatedTenantSettings,
	TenantId,
	TenantRules,
	TenantSettings,
	TenantSettingsChange,
	TenantSettingsStore,
} from '@vigil/domain'
import type { Database, Sql } from '../database/connect.ts'
import { meaning, missing } from './constraints.ts'
import { changedLimits } from './limit-columns.ts'
import { only, present, stated } from './rows.ts'

type SettingsRow = {
	readonly [Name in Exclude<keyof TenantSettings, 'limits'>]: TenantSettings[Name] | null
} & { readonly limits: StatedTenantLimits | null }

/** What tenants set for themselves. */
export function tenantSettingsStore(database: Database): TenantSettingsStore {
	return {
		stated: (tenantId) => find(database, tenantId),
		change: (tenantId, change) => changeSettings(database, tenantId, change),
		rules: () => rulesOfAll(database),
	}
}

async function find(database: Database, tenantId: TenantId): Promise<StatedTenantSettings> {
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
): Promise<StatedTenantSettings> {
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
	const withLimits = (sql: Sql, before: ReturnType<Sql>) =>
		({ ...changed, ...stated({ limits: changedLimits(sql, before, change.limits) }) }) as never
	const write = database.asTenant(
		tenantId,
		(sql) => sql<SettingsRow[]>`
			insert into vigil.tenant_settings ${sql(withLimits(sql, sql`null::jsonb`))}
			on conflict (tenant_id) do update set ${sql(withLimits(sql, sql`tenant_settings.limits`))}
			returning ${columns(sql)}
		`,
	)
	const meanings = { tenant_settings_tenant: missing(`There is no tenant ${tenantId}.`) }
	return present(only(await meaning(meanings, write)))
}

type RulesRow = Pick<SettingsRow, 'inviteSource' | 'inviteNetworks' | 'limits'> & { readonly tenantId: TenantId }

async function rulesOfAll(database: Database): Promise<ReadonlyMap<TenantId, TenantRules>> {
	const rows = await database.asPlatform(
		(sql) => sql<RulesRow[]>`
			select tenant_id, invite_source, invite_networks, limits from vigil.tenant_settings
			where invite_source is not null or invite_networks is not null or limits is not null
		`,
	)
	return new Map(rows.map(({ tenantId, ...rules }) => [tenantId, present(rules)]))
}

function columns(sql: Sql) {
	return sql`
		credential_inactivity_days, foreground_lease_seconds, retention_days, forget_callers, invite_source, invite_networks, limits
	`
}
