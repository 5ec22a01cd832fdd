import { z } from 'zod'
import { hostAndPortSchema, idSchema, instantSchema, lineOfText, pageOf } from './scalars.ts'

const PEM_MAX = 16_384

const nameSchema = z
	.string()
	.min(1)
	.max(64)
	.regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, 'must be letters, digits, dot, underscore, hyphen')

/** Letters and digits as Apple gives them out: ten of them. */
const appleIdSchema = z.string().regex(/^[A-Z0-9]{10}$/, 'must be ten capital letters and digits')

/** The digests that the app's SIP stack knows, in the order in which the edge offers them to its devices; nothing else is offered. */
const digestAlgorithmsSchema = z
	.array(z.enum(['SHA-256', 'MD5']))
	.min(1)
	.refine((digests) => new Set(digests).size === digests.length, 'must name each digest once')
	.meta({
		description:
			'Digests that the SIP stack of the app knows, the one to be offered first in front; the edge offers its devices nothing ' +
			'else. Left out, it offers SHA-256 before MD5, and MD5 alone to a device that did not answer that. A change reaches ' +
			'the edge within ten minutes.',
	})

const commonFields = {
	digestAlgorithms: digestAlgorithmsSchema.optional(),
	/** `host:port` in place of the provider's own. */
	endpoint: hostAndPortSchema.optional(),
	/** PEM certificates to trust at `endpoint`. */
	endpointCa: z
		.string()
		.max(4 * PEM_MAX)
		.optional(),
}

const apnsFields = {
	bundleId: z
		.string()
		.max(155)
		.regex(/^[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*$/, 'must be a bundle identifier'),
	teamId: appleIdSchema,
	keyId: appleIdSchema,
	environment: z.enum(['production', 'sandbox']),
	...commonFields,
}

const fcmFields = {
	projectId: z.string().regex(/^[a-z][a-z0-9-]{4,29}$/, 'must be a Google Cloud project id'),
	...commonFields,
}

/** The .p8 file as Apple hands it out, PEM. Write-only. */
const privateKeySchema = z
	.string()
	.max(PEM_MAX)
	.includes('-----BEGIN PRIVATE KEY-----', 'must be a PEM private key (.p8)')

/** A Google service account's JSON key. Write-only. */
const serviceAccountSchema = z.looseObject({
	client_email: z.string().min(3).max(320),
	private_key: z.string().max(PEM_MAX).includes('-----BEGIN', 'must be a PEM private key'),
})

/** FCM: a service account, or a fixed access token for an endpoint of one's own. Write-only. */
const fcmSecretFields = {
	serviceAccount: serviceAccountSchema.optional(),
	accessToken: lineOfText(4096).optional(),
}

const createApnsAppSchema = z.strictObject({
	provider: z.literal('apns'),
	name: nameSchema,
	...apnsFields,
	privateKey: privateKeySchema,
})

const createFcmAppSchema = z.strictObject({
	provider: z.literal('fcm'),
	name: nameSchema,
	...fcmFields,
	...fcmSecretFields,
})

export const createPushAppRequestSchema = z.discriminatedUnion('provider', [createApnsAppSchema, createFcmAppSchema])

/** Replaces the settings; the secret stays when it is left out. Name and provider cannot be changed. */
export const replacePushAppRequestSchema = z.discriminatedUnion('provider', [
	z.strictObject({ provider: z.literal('apns'), ...apnsFields, privateKey: privateKeySchema.optional() }),
	z.strictObject({ provider: z.literal('fcm'), ...fcmFields, ...fcmSecretFields }),
])

/** How the pushes through an app fare; absent until something was pushed. */
const pushAppHealthSchema = z
	.object({
		state: z.enum(['working', 'failing']),
		since: instantSchema,
		/** Failures since then. */
		failures: z.int(),
		/** When a push last went well; exact to half a minute. */
		acceptedAt: instantSchema.optional(),
		/** The last failure, also when all is well again. `misconfigured`: the provider refuses the app's set-up. */
		lastFailure: z
			.object({
				at: instantSchema,
				kind: z.enum(['misconfigured', 'unreachable', 'provider-failing']),
				/** In the provider's words. */
				reason: z.string().optional(),
				providerStatus: z.int().optional(),
			})
			.optional(),
	})
	.meta({ id: 'PushAppHealth' })

const viewFields = {
	health: pushAppHealthSchema.optional(),
	id: idSchema,
	name: z.string(),
	version: z.int(),
	createdAt: instantSchema,
	digestAlgorithms: z
		.array(z.enum(['SHA-256', 'MD5']))
		.readonly()
		.optional(),
	endpoint: z.string().optional(),
	endpointCa: z.string().optional(),
}

/** A push app as shown: everything but its secret. */
export const pushAppSchema = z
	.discriminatedUnion('provider', [
		z.object({
			...viewFields,
			provider: z.literal('apns'),
			bundleId: z.string(),
			teamId: z.string(),
			keyId: z.string(),
			environment: z.enum(['production', 'sandbox']),
		}),
		z.object({ ...viewFields, provider: z.literal('fcm'), projectId: z.string() }),
	])
	.meta({ id: 'PushApp' })

export const pushAppPageSchema = pageOf(pushAppSchema)

export type CreatePushAppRequest = z.infer<typeof createPushAppRequestSchema>
export type ReplacePushAppRequest = z.infer<typeof replacePushAppRequestSchema>
export type PushAppView = z.infer<typeof pushAppSchema>
