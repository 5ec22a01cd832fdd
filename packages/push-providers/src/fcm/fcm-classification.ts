import type { PushOutcome, PushOutcomeKind } from '@vigil/domain'

/** What FCM's HTTP v1 interface answered, other than 200. */
export interface FcmResponse {
	readonly status: number
	/** The body as JSON, or as text when it was none. */
	readonly body: unknown
	readonly retryAfterMs?: number
}

interface FcmFault {
	/** Canonical status, such as `INVALID_ARGUMENT`. */
	readonly status: string | undefined
	readonly message: string | undefined
	/** FCM's own code from the details; absent when the answer came from elsewhere at Google. */
	readonly errorCode: string | undefined
	/** Fields of our request that were found wrong. */
	readonly badFields: readonly string[]
}

const FCM_ERROR_TYPE = 'type.googleapis.com/google.firebase.fcm.v1.FcmError'

const BY_CODE: Readonly<Record<string, PushOutcomeKind>> = {
	UNREGISTERED: 'dead-token',
	// The token belongs to another Firebase project: the tenant mixed up projects, and tokens are kept until that is mended.
	SENDER_ID_MISMATCH: 'misconfigured',
	THIRD_PARTY_AUTH_ERROR: 'misconfigured',
	QUOTA_EXCEEDED: 'retry',
	UNAVAILABLE: 'retry',
	INTERNAL: 'retry',
}

/** Google asks for at least a minute when a quota is used up and no time is named. */
const QUOTA_PAUSE_MS = 60_000
const MAX_REASON_LENGTH = 200

/** What a refusal of FCM means for the push and for the token. */
export function classifyFcm(response: FcmResponse): PushOutcome {
	const fault = readFault(response.body)
	const kind = kindOf(fault, response.status)
	const retryAfterMs = response.retryAfterMs ?? (response.status === 429 ? QUOTA_PAUSE_MS : undefined)
	return {
		kind,
		providerStatus: response.status,
		reason: reasonOf(fault, response.status),
		// A token that was taken before was sound, whatever is made of it now.
		...(kind === 'dead-token' && fault.errorCode !== 'UNREGISTERED' && { doubtful: true as const }),
		...(kind === 'retry' && retryAfterMs !== undefined && { retryAfterMs }),
	}
}

/** True when the access token was refused, rather than the message: a new token may help. */
export function isUnauthenticated(response: FcmResponse): boolean {
	return response.status === 401 && readFault(response.body).errorCode === undefined
}

/** Milliseconds in a Retry-After header: seconds or a date. */
export function parseRetryAfter(value: string | undefined, nowMs: number): number | undefined {
	if (value === undefined) return undefined
	if (/^\d+$/.test(value.trim())) return Number(value) * 1000
	const at = Date.parse(value)
	return Number.isNaN(at) ? undefined : Math.max(0, at - nowMs)
}

function kindOf(fault: FcmFault, status: number): PushOutcomeKind {
	if (fault.errorCode === 'INVALID_ARGUMENT' || (status === 400 && fault.status === 'INVALID_ARGUMENT')) {
		return blamesToken(fault) ? 'dead-token' : 'rejected'
	}
	return (fault.errorCode === undefined ? undefined : BY_CODE[fault.errorCode]) ?? kindOfStatus(status)
}

/** INVALID_ARGUMENT means either a broken token or a broken message; only the details tell which. */
function blamesToken({ badFields, message }: FcmFault): boolean {
	if (badFields.length > 0) return badFields.every((field) => field === 'message.token')
	return /registration token/i.test(message ?? '')
}

function kindOfStatus(status: number): PushOutcomeKind {
	// Without a code of FCM these concern the project, its interface or its credential.
	if (status === 401 || status === 403 || status === 404) return 'misconfigured'
	if (status === 408 || status === 429 || status >= 500) return 'retry'
	return 'rejected'
}

function reasonOf(fault: FcmFault, status: number): string {
	const name = fault.errorCode ?? fault.status ?? `status ${status}`
	return (fault.message === undefined ? name : `${name}: ${fault.message}`).slice(0, MAX_REASON_LENGTH)
}

function readFault(body: unknown): FcmFault {
	const error = asObject(asObject(body)?.error)
	const details = Array.isArray(error?.details) ? error.details.map(asObject) : []
	const fcm = details.find((detail) => detail?.['@type'] === FCM_ERROR_TYPE)
	const violations = details.flatMap((detail) => (Array.isArray(detail?.fieldViolations) ? detail.fieldViolations : []))
	return {
		status: asText(error?.status),
		message: asText(error?.message),
		errorCode: asText(fcm?.errorCode),
		badFields: violations.flatMap((violation) => asText(asObject(violation)?.field) ?? []),
	}
}

function asObject(value: unknown): Record<string, unknown> | undefined {
	return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined
}

function asText(value: unknown): string | undefined {
	return typeof value === 'string' ? value : undefined
}
