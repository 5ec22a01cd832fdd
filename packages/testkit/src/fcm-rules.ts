import { badFieldError, type FcmErrorResponse } from './fcm-errors.ts'

/** Most that FCM takes in `data`, in octets over keys and values. */
const MAX_DATA_BYTES = 4096
/** Four weeks. */
const MAX_TTL_SECONDS = 2_419_200
/** Names that FCM keeps for itself. */
const RESERVED_KEYS = /^(from|message_type|google.*|gcm.*)$/

interface Message {
	readonly token?: unknown
	readonly data?: unknown
	readonly android?: { readonly data?: unknown; readonly ttl?: unknown; readonly priority?: unknown }
}

/** Why FCM would refuse this message whatever the token's state; undefined when it is well formed. */
export function refusalOfMessage(message: unknown): FcmErrorResponse | undefined {
	if (typeof message !== 'object' || message === null) return badFieldError('message', 'Message is missing')
	const { token, data, android } = message as Message
	if (typeof token !== 'string' || token === '') {
		return badFieldError('message.token', 'Exactly one of token, topic or condition is required')
	}
	return refusalOfTtl(android?.ttl) ?? refusalOfPriority(android?.priority) ?? refusalOfData(android?.data ?? data)
}

function refusalOfTtl(ttl: unknown): FcmErrorResponse | undefined {
	if (ttl === undefined) return undefined
	const seconds = typeof ttl === 'string' ? /^(\d+(?:\.\d{1,9})?)s$/.exec(ttl)?.[1] : undefined
	if (seconds === undefined) return badFieldError('message.android.ttl', 'Illegal duration format')
	if (Number(seconds) > MAX_TTL_SECONDS) return badFieldError('message.android.ttl', 'Must be at most four weeks')
	return undefined
}

function refusalOfPriority(priority: unknown): FcmErrorResponse | undefined {
	if (priority === undefined || /^(high|normal)$/i.test(String(priority))) return undefined
	return badFieldError('message.android.priority', 'Unknown priority')
}

function refusalOfData(data: unknown): FcmErrorResponse | undefined {
	let size = 0
	for (const [key, value] of Object.entries(data ?? {})) {
		const field = `message.data['${key}']`
		if (typeof value !== 'string') return badFieldError(field, 'Must be a string')
		if (RESERVED_KEYS.test(key)) return badFieldError(field, `Invalid data payload key: ${key}`)
		size += Buffer.byteLength(key) + Buffer.byteLength(value)
	}
	if (size > MAX_DATA_BYTES) return badFieldError('message.data', 'Message is too big')
	return undefined
}
