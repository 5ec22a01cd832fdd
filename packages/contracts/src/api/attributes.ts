import { z } from 'zod'
import { accountAttributesSchema } from './accounts.ts'
import { idSchema } from './scalars.ts'

/**
 * Push attributes as a provisioning system writes them, name by name:
 * `{"account1Sip.briaPush.RegistrationMode": "0", "bria.push.enabled": "true"}`. Case does not matter; `accountN.`,
 * `accountNSip.`, `briaPush.` and `bria.push.` are understood; numbers and switches may be text, switches 0 and 1. What is
 * left out stays. An empty OutboundProxy removes it. `credentials.password` replaces the stored credential, and must stand
 * beside a new `credentials.domain` or OutboundProxy. A name that is no push attribute changes nothing and is reported.
 */
export const putAttributesRequestSchema = z.record(z.string().max(256), z.unknown())

/** The push attributes of an account in the service's own form. */
export const attributesSchema = z
	.object({
		accountId: idSchema,
		version: z.int(),
		/** `credentials.domain`: `host` or `host:port`. */
		domain: z.string(),
		attributes: accountAttributesSchema,
	})
	.meta({ id: 'PushAttributes' })

/** The attributes after the change, and the names that were not understood, as they were spelled. */
export const putAttributesResponseSchema = attributesSchema.extend({ unknown: z.array(z.string()) })

export type PutAttributesRequest = z.infer<typeof putAttributesRequestSchema>
export type AttributesView = z.infer<typeof attributesSchema>
export type PutAttributesResponse = z.infer<typeof putAttributesResponseSchema>
