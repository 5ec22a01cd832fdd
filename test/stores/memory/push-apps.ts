import {
	DuplicateError,
	type PushApp,
	type PushAppHealth,
	type PushAppId,
	type PushAppOutcome,
	type PushAppStore,
	type TenantId,
} from '@vigil/domain'
import { pageOf } from './pages.ts'
import { MissingReferenceError, present, type Tables } from './tables.ts'

/** Push apps with their secrets, and how pushes through them fare. */
export function memoryPushApps(tables: Tables): PushAppStore {
	const { pushApps, health } = tables
	const own = (tenantId: TenantId, id: PushAppId) => {
		const row = pushApps.get(id)
		return row?.app.tenantId === tenantId ? row : undefined
	}
	const ofTenant = (tenantId: TenantId) =>
		[...pushApps.values()].map(({ app }) => app).filter((app) => app.tenantId === tenantId)
	return {
		create: async (tenantId, name, settings, secret) => {
			if (!tables.tenants.has(tenantId)) throw new MissingReferenceError(`There is no tenant ${tenantId}.`)
			if (ofTenant(tenantId).some((app) => app.name === name)) {
				throw new DuplicateError('name', `The tenant has a push app ${name} already.`)
			}
			const id = tables.newId('app') as PushAppId
			const app: PushApp = { id, tenantId, name, settings, version: 1, createdAtMs: tables.nowMs() }
			pushApps.set(id, { app, secret })
			return app
		},
		find: async (tenantId, id) => own(tenantId, id)?.app,
		findNamed: async (tenantId, names) => ofTenant(tenantId).filter(({ name }) => names.includes(name)),
		findMany: async (tenantId, ids) => ids.flatMap((id) => own(tenantId, id)?.app ?? []),
		list: async (tenantId, page) =>
			pageOf('push-apps', ofTenant(tenantId), page, ({ createdAtMs: at, id }) => ({ at, id })),
		change: async (tenantId, id, settings, secret) => {
			const row = own(tenantId, id)
			if (!row) return undefined
			const app = { ...row.app, settings, version: row.app.version + 1 }
			pushApps.set(id, { app, secret: secret ?? row.secret })
			return app
		},
		remove: async (tenantId, id) => {
			if (!own(tenantId, id)) return false
			health.delete(id)
			return pushApps.delete(id)
		},
		noteOutcome: async ({ id }, outcome) => {
			if (pushApps.has(id)) health.set(id, healthAfter(health.get(id), outcome))
		},
		health: async (tenantId, ids) =>
			new Map(
				ids.flatMap((id) => {
					const known = own(tenantId, id) && health.get(id)
					return known ? [[id, known] as const] : []
				}),
			),
		newest: async (limit) =>
			[...pushApps.values()]
				.map(({ app }) => app)
				.sort((one, other) => other.createdAtMs - one.createdAtMs)
				.slice(0, limit)
				.map(({ id, tenantId }) => ({ id, tenantId })),
		open: async (id) => {
			const row = pushApps.get(id)
			return row && { app: row.app, credential: { secret: row.secret } }
		},
	}
}

/** A state goes on from when it was seen first, and its failures add up. */
function healthAfter(before: PushAppHealth | undefined, outcome: PushAppOutcome): PushAppHealth {
	const { state, atMs } = outcome
	const goesOn = before?.state === state
	const common = { state, sinceMs: goesOn ? before.sinceMs : atMs }
	if (state === 'working') return { ...before, ...common, failures: goesOn ? before.failures : 0, acceptedAtMs: atMs }
	const { failure, reason, providerStatus } = outcome
	const failed = { failure, reason, providerStatus, failedAtMs: atMs }
	const failures = (goesOn ? before.failures : 0) + outcome.failures
	return present<PushAppHealth>({ acceptedAtMs: before?.acceptedAtMs, ...common, ...failed, failures })
}
