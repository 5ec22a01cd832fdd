import { constants, type IncomingHttpHeaders } from 'node:http2'

/** Largest payloads that APNs takes, in octets. */
const MAX_VOIP_PAYLOAD_BYTES = 5120
const MAX_PAYLOAD_BYTES = 4096
const MAX_COLLAPSE_ID_BYTES = 64

const PUSH_TYPES = new Set([
	'alert',
	'background',
	'voip',
	'complication',
	'fileprovider',
	'mdm',
	'location',
	'liveactivity',
	'pushtotalk',
	'widgets',
])

export interface ApnsRefusal {
	readonly status: number
	readonly reason: string
}

/** Why APNs would refuse a request whatever the token's state, checked in the order of an HTTP server; undefined when it is well formed. */
export function refusalOfRequest(headers: IncomingHttpHeaders, body: string): ApnsRefusal | undefined {
	return (
		refusalOfTarget(headers) ?? refusalOfTopic(headers) ?? refusalOfOptions(headers) ?? refusalOfPayload(headers, body)
	)
}

/** The device token in `/3/device/<token>`. */
export function deviceTokenOf(headers: IncomingHttpHeaders): string | undefined {
	const path = text(headers[constants.HTTP2_HEADER_PATH]) ?? ''
	return /^\/3\/device\/([^/]*)$/.exec(path)?.[1]
}

function refusalOfTarget(headers: IncomingHttpHeaders): ApnsRefusal | undefined {
	if (headers[constants.HTTP2_HEADER_METHOD] !== 'POST') return { status: 405, reason: 'MethodNotAllowed' }
	const token = deviceTokenOf(headers)
	if (token === undefined) return { status: 404, reason: 'BadPath' }
	if (token === '') return { status: 400, reason: 'MissingDeviceToken' }
	if (!/^[0-9a-f]{16,}$/i.test(token)) return { status: 400, reason: 'BadDeviceToken' }
	return undefined
}

function refusalOfTopic(headers: IncomingHttpHeaders): ApnsRefusal | undefined {
	const topic = text(headers['apns-topic'])
	const type = text(headers['apns-push-type'])
	if (!topic) return { status: 400, reason: 'MissingTopic' }
	if (!type || !PUSH_TYPES.has(type)) return { status: 400, reason: 'InvalidPushType' }
	if ((type === 'voip') !== topic.endsWith('.voip')) return { status: 400, reason: 'BadTopic' }
	return undefined
}

function refusalOfOptions(headers: IncomingHttpHeaders): ApnsRefusal | undefined {
	const expiration = text(headers['apns-expiration'])
	const priority = text(headers['apns-priority'])
	const collapseId = text(headers['apns-collapse-id'])
	const id = text(headers['apns-id'])
	if (expiration !== undefined && !/^\d{1,10}$/.test(expiration)) return { status: 400, reason: 'BadExpirationDate' }
	if (priority !== undefined && !['1', '5', '10'].includes(priority)) return { status: 400, reason: 'BadPriority' }
	if (Buffer.byteLength(collapseId ?? '') > MAX_COLLAPSE_ID_BYTES) return { status: 400, reason: 'BadCollapseId' }
	if (id !== undefined && !/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(id)) {
		return { status: 400, reason: 'BadMessageId' }
	}
	return undefined
}

function refusalOfPayload(headers: IncomingHttpHeaders, body: string): ApnsRefusal | undefined {
	if (body === '') return { status: 400, reason: 'PayloadEmpty' }
	const limit = text(headers['apns-push-type']) === 'voip' ? MAX_VOIP_PAYLOAD_BYTES : MAX_PAYLOAD_BYTES
	if (Buffer.byteLength(body) > limit) return { status: 413, reason: 'PayloadTooLarge' }
	return undefined
}

function text(value: string | string[] | undefined): string | undefined {
	return Array.isArray(value) ? value.join(',') : value
}
