import { z } from 'zod'

const inactivityDays = z.int().min(0).max(3650)
const leaseSeconds = z.int().min(0).max(86_400)

/** What holds for all accounts and devices of a tenant. */
export const tenantSettingsSchema = z
	.object({
		/** Days without contact from any device of an account after which its credential is deleted; 0 for never. */
		credentialInactivityDays: z.int(),
		/** Lease of a foreground statement that asks for none, seconds; 0 for none. */
		foregroundLeaseSeconds: z.int(),
	})
	.meta({ id: 'TenantSettings' })

/** What is left out stays; `null` goes back to the platform's. */
export const changeTenantSettingsRequestSchema = z.strictObject({
	credentialInactivityDays: inactivityDays.nullable().optional(),
	foregroundLeaseSeconds: leaseSeconds
		.refine((seconds) => seconds === 0 || seconds >= 15, { error: 'must be 0, or at least 15' })
		.nullable()
		.optional(),
})

export type TenantSettingsView = z.infer<typeof tenantSettingsSchema>
export type ChangeTenantSettingsRequest = z.infer<typeof changeTenantSettingsRequestSchema>
