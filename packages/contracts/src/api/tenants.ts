import { z } from 'zod'
import { refusedCallsSchema } from './refused-calls.ts'
import { idSchema, instantSchema, lineOfText, pageOf } from './scalars.ts'

export const createTenantRequestSchema = z.strictObject({ name: lineOfText(100) })

export const tenantSchema = z
	.object({ id: idSchema, name: z.string(), createdAt: instantSchema })
	.meta({ id: 'Tenant' })

/** A tenant by itself: with what limits have refused of all its accounts, the latest first. */
export const tenantDetailSchema = tenantSchema
	.extend({ refusedCalls: z.array(refusedCallsSchema) })
	.meta({ id: 'TenantDetail' })

export const tenantPageSchema = pageOf(tenantSchema)

export const createApiKeyRequestSchema = z.strictObject({ name: lineOfText(100) })

export const apiKeySchema = z
	.object({
		id: idSchema,
		tenantId: idSchema,
		name: z.string(),
		createdAt: instantSchema,
		revokedAt: instantSchema.optional(),
	})
	.meta({ id: 'ApiKey' })

/** The only answer that carries the key itself; it is not kept in clear. */
export const createdApiKeySchema = apiKeySchema.extend({ key: z.string() }).meta({ id: 'CreatedApiKey' })

export const apiKeyPageSchema = pageOf(apiKeySchema)

export type CreateTenantRequest = z.infer<typeof createTenantRequestSchema>
export type TenantView = z.infer<typeof tenantSchema>
export type CreateApiKeyRequest = z.infer<typeof createApiKeyRequestSchema>
export type ApiKeyView = z.infer<typeof apiKeySchema>
export type CreatedApiKey = z.infer<typeof createdApiKeySchema>
