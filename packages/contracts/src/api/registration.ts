import { z } from 'zod'
import { registrationModeSchema } from './accounts.ts'
import { idSchema, instantSchema } from './scalars.ts'

export const registrationStateSchema = z.enum([
	'unregistered',
	'registering',
	'registered',
	'unregistering',
	'rejected',
	'failing',
])

/**
 * Where a change between service and devices stands: `away` the service holds, or is about to; `releasing` it lets go before
 * a device may register; `checking` it asks the SIP server whether the device's binding is gone; `waiting` it was not, and is
 * asked again; `devices` the devices hold, or may; `off` nothing is to be held.
 */
export const holdingPhaseSchema = z.enum(['off', 'away', 'releasing', 'checking', 'waiting', 'devices'])

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
		/** Shortest registration that the SIP server accepts, once it has said so. */
		minExpiresSeconds: z.number().optional(),
		/** When the next refresh or try is due. */
		nextAttemptAt: instantSchema.optional(),
		/** Transport address that REGISTERs are sent to. */
		target: z.string().optional(),
		holding: holdingPhaseSchema.optional(),
		/** What keeps the service from holding, or a device from registering, in words; absent when nothing does. */
		hindrance: z.string().optional(),
	})
	.meta({ id: 'Registration' })

/** Answer of `GET /v1/accounts/{id}/registration`. */
export const accountRegistrationSchema = z.object({
	accountId: idSchema,
	aor: z.string(),
	mode: registrationModeSchema,
	holder: holderSchema,
	registration: registrationSchema,
})

export type RegistrationView = z.infer<typeof registrationSchema>
export type HolderView = z.infer<typeof holderSchema>
export type AccountRegistration = z.infer<typeof accountRegistrationSchema>
