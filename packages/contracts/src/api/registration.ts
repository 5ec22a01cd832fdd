import { z } from 'zod'
import { idSchema, instantSchema } from './scalars.ts'

export const registrationStateSchema = z.enum([
	'unregistered',
	'registering',
	'registered',
	'unregistering',
	'rejected',
	'failing',
])

/** Who holds the binding at the upstream server now, as far as the service knows. */
export const holderSchema = z.enum(['device', 'service', 'both', 'none'])

/** What the service does about an account's registration upstream. */
export const registrationSchema = z
	.object({
		state: registrationStateSchema,
		since: instantSchema,
		/** Why, in words one can act on; absent while all is well. */
		reason: z.string().optional(),
		/** SIP status of the answer that led here. */
		sipStatus: z.int().optional(),
		grantedExpiresSeconds: z.number().optional(),
		nextAttemptAt: instantSchema.optional(),
		/** Transport address that REGISTERs are sent to. */
		target: z.string().optional(),
	})
	.meta({ id: 'Registration' })

/** Answer of `GET /v1/accounts/{id}/registration`. */
export const accountRegistrationSchema = z.object({
	accountId: idSchema,
	aor: z.string(),
	holder: holderSchema,
	registration: registrationSchema,
})

export type RegistrationView = z.infer<typeof registrationSchema>
export type HolderView = z.infer<typeof holderSchema>
export type AccountRegistration = z.infer<typeof accountRegistrationSchema>
