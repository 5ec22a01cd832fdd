import { z } from 'zod'
import { registrationModeSchema } from './accounts.ts'
import { idSchema, instantSchema, pageQuerySchema, sipUserSchema } from './scalars.ts'

export const registrationStateSchema = z.enum([
	'unregistered',
	'registering',
	'registered',
	'unregistering',
	'rejected',
	'failing',
])

/** Which accounts a list is to have. */
export const accountQuerySchema = pageQuerySchema.extend({
	username: sipUserSchema.optional(),
	state: registrationStateSchema.optional().meta({ description: 'State of the registration.' }),
})

/**
 * Where a change between service and devices stands: `away` the service holds, or is about to; `releasing` it lets go before
 * a device may register; `checking` it asks the SIP server what it has; `waiting` that is in the way, and is asked for again;
 * `swapping` it takes a device's place by one REGISTER; `offering` it is bound, and a device may take its place in that way;
 * `devices` the devices hold, or may; `off` nothing is to be held.
 */
export const holdingPhaseSchema = z.enum([
	'off',
	'away',
	'releasing',
	'checking',
	'waiting',
	'devices',
	'swapping',
	'offering',
])

/** Who holds the binding at the upstream server now, as far as the service knows. */
export const holderSchema = z.enum(['device', 'service', 'both', 'none'])

const askedAuthenticationSchema = z.object({
	realm: z.string(),
	algorithm: z.enum(['MD5', 'SHA-256', 'SHA-512-256']),
	/** `none`: the answer is of the old kind (RFC 2069), which covers no nonce of ours. */
	qop: z.enum(['auth', 'none']),
})

/**
 * What the SIP server asks for, with this server and credential. It is answered when it changes, as servers do move, but it may
 * also be somebody in between who collects answers: `note` says `realm-changed`, or `weaker` for MD5 after a SHA-2 hash or no qop
 * after one. It goes when what is asked changes for the better, or when server or credential are set anew.
 */
const registrationAuthenticationSchema = askedAuthenticationSchema.extend({
	changedAt: instantSchema.optional(),
	note: z.enum(['realm-changed', 'weaker']).optional(),
	/** What was asked before that; absent where nothing was. */
	before: askedAuthenticationSchema.optional(),
})

/**
 * What the service does about an account's registration upstream. `failing` is tried again soon; `rejected` was refused in
 * words that speak of the account, and is tried again at `nextAttemptAt`: within half an hour where this credential was
 * accepted before, else within a day, or when the account changes.
 */
export const registrationSchema = z
	.object({
		state: registrationStateSchema,
		since: instantSchema,
		/** Why, in words one can act on; absent while all is well. */
		reason: z.string().optional(),
		/** SIP status of the answer that led here. */
		sipStatus: z.int().optional(),
		grantedExpiresSeconds: z.number().optional(),
		/**
		 * `false` while registered by an answer that does not show our contact among the bindings: the SIP server said yes, and
		 * whether calls come is not known. Absent when it shows it.
		 */
		confirmed: z.literal(false).optional(),
		/** Shortest registration that the SIP server accepts, once it has said so. */
		minExpiresSeconds: z.number().optional(),
		/** When the next refresh or try is due; never in the past. */
		nextAttemptAt: instantSchema.optional(),
		/** Transport address that REGISTERs are sent to. */
		target: z.string().optional(),
		holding: holdingPhaseSchema.optional(),
		/** What keeps the service from holding, or a device from registering, in words; absent when nothing does. */
		blockingReason: z.string().optional(),
		/** What the SIP server asks for; absent while it has asked for nothing. */
		authentication: registrationAuthenticationSchema.optional(),
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
