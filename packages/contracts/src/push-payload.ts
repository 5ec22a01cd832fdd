import { z } from 'zod'

/**
 * The `vigil` payload profile: what a push carries and what the app reads from it.
 *
 * APNs gets one object under its own name beside `aps`; FCM gets flat strings. FCM reserves the key `from`,
 * so the flat form says `fromUri` and `fromDisplayName`. Unknown keys are ignored, so later versions may add some.
 */

const version = z.literal(1)
/** Epoch milliseconds; a notice read after it is history. */
const deadline = z.int().nonnegative()
const id = z.string().min(1)

export const callPartySchema = z.object({
	uri: z.string(),
	displayName: z.string().optional(),
})

const callFields = {
	v: version,
	/** Our id of the call, for the control API. */
	callId: id,
	/** Call-ID of the INVITE that will follow; its `X-Push-ID` says the same. */
	sipCallId: id,
	accountId: id,
	from: callPartySchema,
	to: z.string(),
	deadline,
}

export const callNoticeSchema = z.object({ ...callFields, event: z.literal('call') })
/** Why a call is over that a phone was told of. A word that is not known means what no word means: the caller gave up. */
export const callEndReasonSchema = z.enum([
	'answered-elsewhere',
	'declined-elsewhere',
	'busy-elsewhere',
	'caller-cancelled',
	'no-answer',
])
export const callCancelledNoticeSchema = z.object({
	...callFields,
	event: z.literal('call-cancelled'),
	reason: callEndReasonSchema.optional().catch(undefined),
})
/** The service will soon forget the account unless the app says that it is there: a handoff does. */
export const refreshNoticeSchema = z.object({ v: version, event: z.literal('refresh'), accountId: id, deadline })
export const testNoticeSchema = z.object({ v: version, event: z.literal('test'), deadline })

export const pushNoticeSchema = z.discriminatedUnion('event', [
	callNoticeSchema,
	callCancelledNoticeSchema,
	refreshNoticeSchema,
	testNoticeSchema,
])

export type CallNotice = z.infer<typeof callNoticeSchema>
export type CallCancelledNotice = z.infer<typeof callCancelledNoticeSchema>
export type TestNotice = z.infer<typeof testNoticeSchema>
export type PushNotice = z.infer<typeof pushNoticeSchema>

export interface ApnsBody {
	readonly aps: Record<string, unknown>
	readonly vigil: PushNotice
}

/** Longest address and name that are passed on; they are for display, and APNs takes 4096 bytes in all. */
const MAX_URI_LENGTH = 512
const MAX_DISPLAY_NAME_LENGTH = 128

/** The body of an APNs request; `aps` is empty for VoIP pushes. */
export function toApnsBody(notice: PushNotice, aps: Record<string, unknown> = {}): ApnsBody {
	return { aps, vigil: bounded(notice) }
}

/** The `data` of an FCM message: string values only. */
export function toFcmData(notice: PushNotice): Record<string, string> {
	const { v, deadline, ...rest } = bounded(notice)
	const common = { v: String(v), event: rest.event, deadline: String(deadline) }
	if (rest.event === 'test') return common
	if (rest.event === 'refresh') return { ...common, accountId: rest.accountId }
	const { callId, sipCallId, accountId, from, to } = rest
	const why = rest.event === 'call-cancelled' && rest.reason !== undefined ? { reason: rest.reason } : {}
	const name = from.displayName === undefined ? {} : { fromDisplayName: from.displayName }
	return { ...common, callId, sipCallId, accountId, fromUri: from.uri, ...name, to, ...why }
}

/**
 * Reads what the operating system hands to the app: an APNs dictionary, an FCM message or its `data`.
 * Undefined when it is not a push of this service (or of a version this code does not know).
 */
export function parsePushPayload(payload: unknown): PushNotice | undefined {
	const fields = payloadFields(payload)
	if (!fields) return undefined
	const parsed = pushNoticeSchema.safeParse(fields)
	return parsed.success ? parsed.data : undefined
}

function payloadFields(payload: unknown): unknown {
	if (!isObject(payload)) return undefined
	if (isObject(payload.vigil)) return payload.vigil
	return nested(isObject(payload.data) ? payload.data : payload)
}

/** The flat form back in its nested shape. */
function nested(data: Record<string, unknown>): unknown {
	const { v, deadline, fromUri, fromDisplayName, ...rest } = data
	const name = fromDisplayName === undefined ? {} : { displayName: fromDisplayName }
	return { ...rest, v: numberOf(v), deadline: numberOf(deadline), from: { uri: fromUri, ...name } }
}

function numberOf(text: unknown): number | undefined {
	return typeof text === 'string' && /^\d{1,16}$/.test(text) ? Number(text) : undefined
}

function isObject(value: unknown): value is Record<string, unknown> {
	return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function bounded(notice: PushNotice): PushNotice {
	const whole = { ...notice, deadline: Math.floor(notice.deadline) }
	if (whole.event === 'test' || whole.event === 'refresh') return whole
	const { uri, displayName } = whole.from
	const name = displayName === undefined ? {} : { displayName: cut(displayName, MAX_DISPLAY_NAME_LENGTH) }
	return { ...whole, from: { uri: cut(uri, MAX_URI_LENGTH), ...name }, to: cut(whole.to, MAX_URI_LENGTH) }
}

/** Cuts between code points, so that no half of a surrogate pair is left. */
function cut(text: string, length: number): string {
	return text.length <= length ? text : Array.from(text).slice(0, length).join('')
}
