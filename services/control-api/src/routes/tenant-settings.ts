import {
	administerTenantSettingsRequestSchema,
	changeTenantSettingsRequestSchema,
	idSchema,
	tenantSettingsSchema,
} from '@vigil/contracts'
import type { TenantId, TenantSettings, TenantSettingsChange } from '@vigil/domain'
import { z } from 'zod'
import { announceTenant } from '../announcements.ts'
import { callingTenant } from '../auth/caller.ts'
import type { ControlApiDeps } from '../deps.ts'
import { orNotFound } from '../problems/problem-error.ts'
import { completed, settingsOf } from '../tenant-settings.ts'
import type { Routes } from './route-options.ts'

const schema = { body: changeTenantSettingsRequestSchema, response: { 200: tenantSettingsSchema } }
const tags = ['settings']

/** A tenant's own settings. */
export const ownSettingsRoutes: Routes = async (app, { deps }) => {
	app.get(
		'/v1/settings',
		{ schema: { tags, summary: 'Show what holds for all accounts and devices', response: schema.response } },
		async (request) => viewOf(await settingsOf(deps, callingTenant(request))),
	)

	app.patch(
		'/v1/settings',
		{ schema: { tags, summary: 'Change what holds for all accounts and devices', ...schema } },
		async (request) => changed(deps, callingTenant(request), request.body as TenantSettingsChange),
	)
}

/** The platform admin's view of the same. */
export const tenantSettingsRoutes: Routes = async (app, { deps }) => {
	const params = z.object({ id: idSchema })
	const existing = async (id: string) => orNotFound(await deps.stores.tenants.find(id as TenantId), 'tenant').id

	app.get(
		'/v1/tenants/:id/settings',
		{ schema: { tags, summary: 'Show the settings of a tenant', params, response: schema.response } },
		async (request) => viewOf(await settingsOf(deps, await existing(request.params.id))),
	)

	app.patch(
		'/v1/tenants/:id/settings',
		{
			schema: {
				tags,
				summary: 'Change the settings of a tenant',
				params,
				...schema,
				body: administerTenantSettingsRequestSchema,
			},
		},
		async (request) => changed(deps, await existing(request.params.id), request.body as TenantSettingsChange),
	)
}

async function changed(deps: ControlApiDeps, tenantId: TenantId, change: TenantSettingsChange) {
	const settings = completed(deps, await deps.stores.tenantSettings.change(tenantId, change))
	await announceTenant(deps, tenantId)
	return viewOf(settings)
}

function viewOf(settings: TenantSettings) {
	return { ...settings, inviteNetworks: [...settings.inviteNetworks], limits: { ...settings.limits } }
}
