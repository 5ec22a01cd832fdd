import type {
	ApiKey,
	ApiKeyId,
	StatedTenantSettings,
	TenantId,
	TenantRules,
	TenantSettingsStore,
	TenantStore,
} from '@vigil/domain'
import { changedLimits } from './limits.ts'
import { pageOf } from './pages.ts'
import { MissingReferenceError, present, type Tables } from './tables.ts'

const positionOf = ({ createdAtMs: at, id }: { readonly createdAtMs: number; readonly id: string }) => ({ at, id })

/** Tenants and their API keys. */
export function memoryTenants(tables: Tables): TenantStore {
	const { tenants, apiKeys } = tables
	const shown = ({ digest: _digest, ...key }: ApiKey & { readonly digest: string }): ApiKey => key
	return {
		create: async (name) => {
			const tenant = { id: tables.newId('ten') as TenantId, name, createdAtMs: tables.nowMs() }
			tenants.set(tenant.id, tenant)
			return tenant
		},
		find: async (id) => tenants.get(id),
		list: async (page) => pageOf('tenants', tenants.values(), page, positionOf),
		createApiKey: async (tenantId, name, digest) => {
			if (!tenants.has(tenantId)) throw new MissingReferenceError(`There is no tenant ${tenantId}.`)
			const key = { id: tables.newId('key') as ApiKeyId, tenantId, name, createdAtMs: tables.nowMs(), digest }
			apiKeys.set(key.id, key)
			return shown(key)
		},
		listApiKeys: async (tenantId, page) => {
			const own = [...apiKeys.values()].filter((key) => key.tenantId === tenantId)
			return pageOf('api-keys', own.map(shown), page, positionOf)
		},
		revokeApiKey: async (tenantId, id) => {
			const key = apiKeys.get(id)
			if (key?.tenantId !== tenantId || key.revokedAtMs !== undefined) return false
			apiKeys.set(id, { ...key, revokedAtMs: tables.nowMs() })
			return true
		},
		findApiKey: async (digest) => {
			const key = [...apiKeys.values()].find((one) => one.digest === digest && one.revokedAtMs === undefined)
			return key && shown(key)
		},
	}
}

/** What tenants have set themselves. */
export function memoryTenantSettings({ tenants, settings }: Tables): TenantSettingsStore {
	return {
		stated: async (tenantId) => settings.get(tenantId) ?? {},
		change: async (tenantId, { limits, ...change }) => {
			if (!tenants.has(tenantId)) throw new MissingReferenceError(`There is no tenant ${tenantId}.`)
			const before = settings.get(tenantId)
			const stated = Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined))
			const changed = { ...before, ...stated, limits: changedLimits(before?.limits, limits) }
			const kept = present<StatedTenantSettings>(changed)
			settings.set(tenantId, kept)
			return kept
		},
		rules: async () =>
			new Map(
				[...settings].flatMap(([tenantId, { inviteSource, inviteNetworks, limits }]) => {
					const rules = present<TenantRules>({ inviteSource, inviteNetworks, limits })
					return Object.keys(rules).length === 0 ? [] : [[tenantId, rules] as const]
				}),
			),
	}
}
