import { z } from 'zod'
import { credentialStateSchema, ha1Schema, passwordSchema } from './credentials.ts'
import { accountLimitsSchema, changeAccountLimitsSchema, newAccountLimitsSchema } from './limits.ts'
import { refusedCallsSchema } from './refused-calls.ts'
import {
	hostPortSchema,
	idSchema,
	instantSchema,
	inviteSourceSchema,
	lineOfText,
	pageOf,
	sipUserSchema,
	urlPathSchema,
} from './scalars.ts'

export const upstreamTransportSchema = z.enum(['udp', 'tcp', 'tls', 'ws', 'wss'])

/** What is wrong with a `webSocketPath` beside another transport. */
export const ONLY_FOR_WEB_SOCKET = 'is only for an account whose transport is ws or wss'

/** Whether a transport is reached by a URL, which has a path. */
export function isWebSocket(transport: z.infer<typeof upstreamTransportSchema>): boolean {
	return transport === 'ws' || transport === 'wss'
}

/** Who may hold the binding: 0 standard, 1 single-device emulation, 2 continuous, 3 takeover. */
export const registrationModeSchema = z.int().min(0).max(3)

const attributeFields = {
	pushEnabled: z.boolean(),
	registrationMode: registrationModeSchema,
	natEmulation: z.boolean(),
	/** Seconds; also the Expires asked for. */
	registrationRefreshSeconds: z.int().min(30).max(86_400),
	autoSend180: z.boolean(),
}

/** Push attributes as set; what is left out keeps its default, or its present value on a change. `null` removes what may be absent. */
export const accountAttributesInputSchema = z.strictObject(attributeFields).partial().extend({
	/**
	 * Whether the SIP server binds one contact and removes another by one REGISTER, as a whole: mode 1 changes the holder
	 * that way then. Found out where it is not said.
	 */
	contactSwap: z.boolean().nullable().optional(),
	outboundProxy: hostPortSchema.nullable().optional(),
})

export const accountAttributesSchema = z
	.object({ ...attributeFields, contactSwap: z.boolean().optional(), outboundProxy: z.string().optional() })
	.meta({ id: 'AccountAttributes' })

/** While push is off, no credential is kept, handed in or not. */
const credentialFields = {
	/** SIP password. Write-only; sealed at rest. */
	password: passwordSchema.optional(),
	/** In place of the password. */
	ha1: ha1Schema.optional(),
}

const oneCredential = {
	path: ['ha1'],
	error: 'cannot stand beside password: give one of them',
}

export const createAccountRequestSchema = z
	.strictObject({
		/** User part of the address-of-record. */
		username: sipUserSchema,
		/** Domain of the address-of-record, `host` or `host:port`. */
		domain: hostPortSchema,
		...credentialFields,
		/** Digest user name where it differs from `username`. */
		authUsername: lineOfText(128).optional(),
		displayName: lineOfText(128).optional(),
		transport: upstreamTransportSchema.default('udp'),
		/** Where the SIP server takes WebSocket connections, such as Asterisk's `/ws`; `/` when left out. */
		webSocketPath: urlPathSchema.optional(),
		attributes: accountAttributesInputSchema.optional(),
		/** Where INVITEs are taken from; what the tenant's settings say when left out. */
		inviteSource: inviteSourceSchema.optional(),
		/** Limits of its own; none may be above the tenant's. */
		limits: newAccountLimitsSchema.optional(),
	})
	.refine((account) => account.password === undefined || account.ha1 === undefined, oneCredential)
	.refine(
		({ password, ha1, attributes }) => password !== undefined || ha1 !== undefined || attributes?.pushEnabled === false,
		{ path: ['password'], error: 'must be given, or ha1, unless push is turned off' },
	)
	.refine(({ webSocketPath, transport }) => webSocketPath === undefined || isWebSocket(transport), {
		path: ['webSocketPath'],
		error: ONLY_FOR_WEB_SOCKET,
	})

/**
 * What is left out stays. `null` removes an optional field. A new `domain`, `transport`, `webSocketPath` or
 * `attributes.outboundProxy` leads the credential to another server, and needs `password` or `ha1` in the same request.
 */
export const changeAccountRequestSchema = z
	.strictObject({
		domain: hostPortSchema.optional(),
		...credentialFields,
		authUsername: lineOfText(128).nullable().optional(),
		displayName: lineOfText(128).nullable().optional(),
		/** One that is no WebSocket drops the `webSocketPath`. */
		transport: upstreamTransportSchema.optional(),
		webSocketPath: urlPathSchema.nullable().optional(),
		/** Turning push off deletes the credential at once; turning it on again needs a new one in the same request. */
		attributes: accountAttributesInputSchema.optional(),
		inviteSource: inviteSourceSchema.nullable().optional(),
		limits: changeAccountLimitsSchema.optional(),
		disabled: z.boolean().optional(),
	})
	.refine((change) => change.password === undefined || change.ha1 === undefined, oneCredential)

export const accountSchema = z
	.object({
		id: idSchema,
		aor: z.string(),
		username: z.string(),
		domain: z.string(),
		authUsername: z.string().optional(),
		displayName: z.string().optional(),
		transport: upstreamTransportSchema,
		webSocketPath: z.string().optional(),
		attributes: accountAttributesSchema,
		inviteSource: inviteSourceSchema.optional(),
		limits: accountLimitsSchema.optional(),
		/** What limits have refused, the latest first; absent where nothing was. */
		refusedCalls: z.array(refusedCallsSchema).optional(),
		credential: credentialStateSchema,
		/** When a device of the account was last heard of; exact to an hour. */
		lastContactAt: instantSchema.optional(),
		/** When the credential will be deleted if no device is heard of until then. */
		credentialsExpireAt: instantSchema.optional(),
		disabled: z.boolean(),
		/** Rises with every change of the account or of what its devices state. */
		version: z.int(),
		createdAt: instantSchema,
	})
	.meta({ id: 'Account' })

export const accountPageSchema = pageOf(accountSchema)

/** How long the code can be used; a quarter of an hour when the body or the field is left out. */
export const createEnrolmentRequestSchema = z
	.strictObject({ validSeconds: z.int().min(30).max(604_800).default(900) })
	.prefault({})

/** A code that lets one app install enrol for the account, once. */
export const enrolmentSchema = z.object({ code: z.string(), expiresAt: instantSchema }).meta({ id: 'Enrolment' })

export type CreateAccountRequest = z.input<typeof createAccountRequestSchema>
export type ChangeAccountRequest = z.infer<typeof changeAccountRequestSchema>
export type AccountAttributesInput = z.infer<typeof accountAttributesInputSchema>
export type AccountView = z.infer<typeof accountSchema>
export type CreateEnrolmentRequest = z.input<typeof createEnrolmentRequestSchema>
export type EnrolmentView = z.infer<typeof enrolmentSchema>
