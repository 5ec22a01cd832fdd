import { z } from 'zod'
import { idSchema, instantSchema, lineOfText, pageOf, pageQuerySchema } from './scalars.ts'

export const platformSchema = z.enum(['ios', 'android', 'web', 'other'])

export const deviceActivitySchema = z.enum(['foreground', 'background', 'terminated'])

/** `voip` wakes an iOS app for a call; `alert` is an APNs token for everything else; `fcm` does both on Android. */
export const pushTokenKindSchema = z.enum(['voip', 'alert', 'fcm'])

/** A provider's token as the app hands it in; `app` is the tenant's name of the push app. */
export const pushTokenInputSchema = z.strictObject({
	app: z.string().min(1).max(64),
	kind: pushTokenKindSchema,
	token: z
		.string()
		.min(1)
		.max(4096)
		.regex(/^[\x21-\x7e]+$/, 'must be printable ASCII without spaces'),
})

const pushTokensInputSchema = z.array(pushTokenInputSchema).max(8)

/** A push token as shown: only its first characters, and whether it is still used. */
export const pushTokenSchema = z
	.object({
		id: idSchema,
		app: z.string(),
		kind: pushTokenKindSchema,
		/** The first eight characters. */
		token: z.string(),
		registeredAt: instantSchema,
		/** Since when the provider refuses the token, though it may be sound: the push app's set-up is in doubt, and the token is kept. */
		refusedAt: instantSchema.optional(),
		refusedReason: z.string().optional(),
		retired: z.boolean(),
		retiredAt: instantSchema.optional(),
		retiredReason: z.string().optional(),
	})
	.meta({ id: 'PushToken' })

/** An account that the device serves. */
export const lineSchema = z
	.object({ accountId: idSchema, aor: z.string(), displayName: z.string().optional() })
	.meta({ id: 'Line' })

/** A device as shown to its tenant, and to itself. */
export const deviceSchema = z
	.object({
		id: idSchema,
		platform: platformSchema,
		name: z.string().optional(),
		instanceId: z.string(),
		/** What it does; a foreground whose lease has lapsed counts as terminated. */
		activity: deviceActivitySchema,
		activitySince: instantSchema,
		/** When a foreground statement lapses, or has lapsed; absent when it does not. */
		leaseUntil: instantSchema.optional(),
		/** When the device was last heard of; exact to an hour. */
		lastContactAt: instantSchema.optional(),
		registeredUpstream: z.boolean(),
		pushTokens: z.array(pushTokenSchema),
		lines: z.array(lineSchema),
		createdAt: instantSchema,
	})
	.meta({ id: 'Device' })

export const devicePageSchema = pageOf(deviceSchema)

/** Which devices a list is to have. */
export const deviceQuerySchema = pageQuerySchema.extend({
	accountId: idSchema.optional().meta({ description: 'Devices that serve the account.' }),
	platform: platformSchema.optional(),
	pushApp: z
		.string()
		.min(1)
		.max(64)
		.optional()
		.meta({ description: 'Devices with a live push token of the app of this name.' }),
})

/** The enrolment code is the credential: no bearer token goes with it. */
export const enrolDeviceRequestSchema = z.strictObject({
	enrolmentCode: z.string().min(1).max(128),
	platform: platformSchema,
	name: lineOfText(100).optional(),
	/** RFC 5626 instance-id of the install; one is made when it is left out. */
	instanceId: z
		.string()
		.regex(/^urn:uuid:[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$/, 'must be urn:uuid:<uuid>')
		.optional(),
	pushTokens: pushTokensInputSchema.default([]),
})

/** Where and as whom the device attaches at the edge. */
export const deviceSipSchema = z.object({
	username: z.string(),
	password: z.string(),
	realm: z.string(),
	domain: z.string(),
	/** `wss://...`, `ws://...` for browsers and Node; `sip:host:port;transport=...` for the others. */
	urls: z.object({
		wss: z.string().optional(),
		ws: z.string().optional(),
		tls: z.string().optional(),
		tcp: z.string().optional(),
		udp: z.string().optional(),
	}),
})

/** Shown once; neither the device token nor the SIP password can be read again. */
export const enrolDeviceResponseSchema = z
	.object({
		deviceId: idSchema,
		deviceToken: z.string(),
		instanceId: z.string(),
		sip: deviceSipSchema,
		lines: z.array(lineSchema),
	})
	.meta({ id: 'EnrolledDevice' })

/** `pushTokens` replaces the whole set. */
export const changeDeviceRequestSchema = z.strictObject({
	name: lineOfText(100).optional(),
	pushTokens: pushTokensInputSchema.optional(),
})

export const addLineRequestSchema = z.strictObject({ enrolmentCode: z.string().min(1).max(128) })

export const addLineResponseSchema = z.object({ lines: z.array(lineSchema) })

/** The test push was queued for these tokens. */
export const testPushResponseSchema = z.object({
	pushId: z.string(),
	tokens: z.array(z.object({ id: idSchema, kind: pushTokenKindSchema })),
})

export type PushTokenInput = z.infer<typeof pushTokenInputSchema>
export type PushTokenView = z.infer<typeof pushTokenSchema>
export type LineView = z.infer<typeof lineSchema>
export type DeviceView = z.infer<typeof deviceSchema>
export type DeviceSip = z.infer<typeof deviceSipSchema>
export type EnrolDeviceRequest = z.input<typeof enrolDeviceRequestSchema>
export type EnrolDeviceResponse = z.infer<typeof enrolDeviceResponseSchema>
export type ChangeDeviceRequest = z.infer<typeof changeDeviceRequestSchema>
export type AddLineRequest = z.infer<typeof addLineRequestSchema>
export type AddLineResponse = z.infer<typeof addLineResponseSchema>
export type TestPushResponse = z.infer<typeof testPushResponseSchema>
