import { DEFAULT_TENANT_SETTINGS, type StatedTenantSettings, type TenantId, type TenantSettings } from '@vigil/domain'
import type { ControlApiDeps } from './deps.ts'

export type SettingsDeps = Pick<ControlApiDeps, 'tenantDefaults'> & {
	readonly stores: Pick<ControlApiDeps['stores'], 'tenantSettings'>
}

/** What holds for a tenant: what it has stated, else the platform's. */
export async function settingsOf(deps: SettingsDeps, tenantId: TenantId): Promise<TenantSettings> {
	return completed(deps, await deps.stores.tenantSettings.stated(tenantId))
}

/** Fills in the platform's settings where the tenant has stated none. */
export function completed(deps: Pick<SettingsDeps, 'tenantDefaults'>, stated: StatedTenantSettings): TenantSettings {
	const defaults = { ...DEFAULT_TENANT_SETTINGS, ...deps.tenantDefaults }
	return { ...defaults, ...stated, limits: { ...defaults.limits, ...stated.limits } }
}
