import { z } from 'zod'
import { changeTenantLimitsSchema, tenantLimitsSchema } from './limits.ts'
import { inviteSourceSchema, networkSchema } from './scalars.ts'

const inactivityDays = z.int().min(0).max(3650)
const leaseSeconds = z.int().min(0).max(86_400)

/** What holds for all accounts and devices of a tenant. */
export const tenantSettingsSchema = z
	.object({
		/** Days without contact from any device of an account after which its credential is deleted; 0 for never. */
		credentialInactivityDays: z.int(),
		/** Lease of a foreground statement that asks for none, seconds; 0 for none. */
		foregroundLeaseSeconds: z.int(),
		/** Days that calls and their timelines are kept; the platform administrator sets it. */
		retentionDays: z.int(),
		/** Whether the calls of an account lose what names who called and who was called when the account is removed. */
		forgetCallers: z.boolean(),
		/**
		 * Where INVITEs are taken from, for accounts that do not say: `any`, or `registrar` for the addresses of the account's SIP server, the
		 * connection that it is registered by, and `inviteNetworks`. Others hear that the user is unknown (404).
		 */
		inviteSource: inviteSourceSchema,
		/** Networks that INVITEs may come from besides; calls from there are no unusual ones either. */
		inviteNetworks: z.array(z.string()),
		/** What its accounts may have and do together; the platform administrator sets it. */
		limits: tenantLimitsSchema,
	})
	.meta({ id: 'TenantSettings' })

/** What a tenant may change. What is left out stays; `null` goes back to the platform's. */
export const changeTenantSettingsRequestSchema = z.strictObject({
	credentialInactivityDays: inactivityDays.nullable().optional(),
	foregroundLeaseSeconds: leaseSeconds
		.refine((seconds) => seconds === 0 || seconds >= 15, { error: 'must be 0, or at least 15' })
		.nullable()
		.optional(),
	forgetCallers: z.boolean().nullable().optional(),
	inviteSource: inviteSourceSchema.nullable().optional(),
	inviteNetworks: z.array(networkSchema).max(64).nullable().optional(),
})

/** What the platform administrator may change besides. */
export const administerTenantSettingsRequestSchema = changeTenantSettingsRequestSchema.extend({
	retentionDays: z.int().min(1).max(3650).nullable().optional(),
	limits: changeTenantLimitsSchema.optional(),
})

export type TenantSettingsView = z.infer<typeof tenantSettingsSchema>
export type ChangeTenantSettingsRequest = z.infer<typeof changeTenantSettingsRequestSchema>
