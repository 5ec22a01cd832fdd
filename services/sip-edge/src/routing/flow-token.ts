import { createHmac, timingSafeEqual } from 'node:crypto'
import type { DeviceId } from '@vigil/domain'
import { formatWorkerHop, parseWorkerHop, type WorkerHop } from './worker-hop.ts'

/**
 * What the user part of our Route and Record-Route URIs says (RFC 5626 5.3): whom it leads to.
 *
 * It names the device and not one flow of it, so that a dialog lives on when the device attaches
 * again through another flow. `worker` is set in the tokens of dialogs only.
 */
export interface FlowToken {
	readonly deviceId: DeviceId
	readonly worker?: WorkerHop
}

const MAC_BYTES = 16
const MAX_TOKEN_LENGTH = 512
/** Neither a device id nor a hop holds a line break. */
const SEPARATOR = '\n'

/** A key for flow tokens only, derived from the service's key. */
export function flowTokenKey(secretKey: Uint8Array): Uint8Array {
	return createHmac('sha256', secretKey).update('sip-edge flow token 1').digest()
}

/** Characters of base64url only, so it needs no escaping in a URI. */
export function formatFlowToken(token: FlowToken, key: Uint8Array): string {
	const hop = token.worker === undefined ? '' : formatWorkerHop(token.worker)
	const payload = Buffer.from(`${token.deviceId}${SEPARATOR}${hop}`, 'utf8')
	return Buffer.concat([authenticate(payload, key), payload]).toString('base64url')
}

/** Undefined unless the text is, to the last character, one that `formatFlowToken` made with this key. */
export function openFlowToken(text: string, key: Uint8Array): FlowToken | undefined {
	if (text.length > MAX_TOKEN_LENGTH) return undefined
	const bytes = Buffer.from(text, 'base64url')
	// Decoding is lenient; comparing the encoding again leaves one spelling of each token.
	if (bytes.length <= MAC_BYTES || bytes.toString('base64url') !== text) return undefined
	const payload = bytes.subarray(MAC_BYTES)
	if (!timingSafeEqual(bytes.subarray(0, MAC_BYTES), authenticate(payload, key))) return undefined
	return readPayload(payload.toString('utf8'))
}

function readPayload(payload: string): FlowToken | undefined {
	const [deviceId, hop] = payload.split(SEPARATOR)
	if (!deviceId || hop === undefined) return undefined
	if (hop === '') return { deviceId: deviceId as DeviceId }
	const worker = parseWorkerHop(hop)
	return worker && { deviceId: deviceId as DeviceId, worker }
}

function authenticate(payload: Uint8Array, key: Uint8Array): Buffer {
	return createHmac('sha256', key).update(payload).digest().subarray(0, MAC_BYTES)
}
