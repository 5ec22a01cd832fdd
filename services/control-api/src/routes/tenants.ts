import {
	type ApiKeyView,
	apiKeyPageSchema,
	createApiKeyRequestSchema,
	createdApiKeySchema,
	createTenantRequestSchema,
	idSchema,
	pageQuerySchema,
	type TenantView,
	tenantDetailSchema,
	tenantPageSchema,
	tenantSchema,
} from '@vigil/contracts'
import type { ApiKey, ApiKeyId, Tenant, TenantId, TenantStore } from '@vigil/domain'
import { z } from 'zod'
import { digestOf, newToken } from '../auth/tokens.ts'
import { pageRequest, viewPage } from '../lists/list-page.ts'
import { inTurn } from '../lists/reading-in-turn.ts'
import { notFound, orNotFound } from '../problems/problem-error.ts'
import { instant, optionalInstant } from '../views/instant.ts'
import { refusedCallsView } from '../views/refused-calls-view.ts'
import { noContent, type Routes } from './route-options.ts'

const tenantParams = z.object({ id: idSchema })
const keyParams = z.object({ id: idSchema, keyId: idSchema })
const tags = ['tenants']

/** The platform admin's routes: tenants and their API keys. */
export const tenantRoutes: Routes = async (app, { deps, turns }) => {
	const { tenants } = deps.stores

	app.post(
		'/v1/tenants',
		{ schema: { tags, summary: 'Create a tenant', body: createTenantRequestSchema, response: { 201: tenantSchema } } },
		async (request, reply) => {
			const tenant = await tenants.create(request.body.name)
			return reply.code(201).header('location', `/v1/tenants/${tenant.id}`).send(tenantView(tenant))
		},
	)

	app.get(
		'/v1/tenants',
		{
			...inTurn(turns),
			schema: { tags, summary: 'List tenants', querystring: pageQuerySchema, response: { 200: tenantPageSchema } },
		},
		async (request) => viewPage(await tenants.list(pageRequest(request.query)), tenantView),
	)

	app.get(
		'/v1/tenants/:id',
		{ schema: { tags, summary: 'Show a tenant', params: tenantParams, response: { 200: tenantDetailSchema } } },
		async (request) => {
			const tenant = await findTenant(tenants, request.params.id)
			const refused = await deps.stores.refusals.ofTenant(tenant.id)
			return { ...tenantView(tenant), refusedCalls: refused.map(refusedCallsView) }
		},
	)

	app.post(
		'/v1/tenants/:id/api-keys',
		{
			schema: {
				tags,
				summary: 'Create an API key; the key itself is shown only here',
				params: tenantParams,
				body: createApiKeyRequestSchema,
				response: { 201: createdApiKeySchema },
			},
		},
		async (request, reply) => {
			const tenant = await findTenant(tenants, request.params.id)
			const key = newToken('vgl_key_', deps.random)
			const created = await tenants.createApiKey(tenant.id, request.body.name, digestOf(key))
			return reply.code(201).send({ ...apiKeyView(created), key })
		},
	)

	app.get(
		'/v1/tenants/:id/api-keys',
		{
			...inTurn(turns),
			schema: {
				tags,
				summary: 'List API keys',
				params: tenantParams,
				querystring: pageQuerySchema,
				response: { 200: apiKeyPageSchema },
			},
		},
		async (request) => {
			const tenant = await findTenant(tenants, request.params.id)
			return viewPage(await tenants.listApiKeys(tenant.id, pageRequest(request.query)), apiKeyView)
		},
	)

	app.delete(
		'/v1/tenants/:id/api-keys/:keyId',
		{ schema: { tags, summary: 'Revoke an API key', params: keyParams, response: { 204: noContent } } },
		async (request, reply) => {
			const { id, keyId } = request.params
			const revoked = await tenants.revokeApiKey(id as TenantId, keyId as ApiKeyId)
			if (!revoked) throw notFound('API key')
			return reply.code(204).send(null)
		},
	)
}

async function findTenant(tenants: TenantStore, id: string): Promise<Tenant> {
	return orNotFound(await tenants.find(id as TenantId), 'tenant')
}

function tenantView(tenant: Tenant): TenantView {
	return { id: tenant.id, name: tenant.name, createdAt: instant(tenant.createdAtMs) }
}

function apiKeyView(key: ApiKey): ApiKeyView {
	return {
		id: key.id,
		tenantId: key.tenantId,
		name: key.name,
		createdAt: instant(key.createdAtMs),
		...optionalInstant('revokedAt', key.revokedAtMs),
	}
}
