import { isIPv4 } from 'node:net'
import type { Address } from '../flow.ts'

const BINDING_REQUEST = 0x0001
const BINDING_SUCCESS = 0x0101
const XOR_MAPPED_ADDRESS = 0x0020
const MAGIC_COOKIE = 0x2112a442
const HEADER_BYTES = 20

/** Whether a datagram is STUN: the two top bits are zero, which no SIP message begins with, and the cookie is there (RFC 5389 6, 8). */
export function isStun(data: Buffer): boolean {
	return data.length >= HEADER_BYTES && (data[0] ?? 0xff) < 0x40 && data.readUInt32BE(4) === MAGIC_COOKIE
}

/**
 * The answer to a STUN binding request, by which a phone behind a NAT keeps its UDP flow alive and notices a
 * changed address (RFC 5626 3.5.2, 8). Undefined for any other STUN message: those are dropped.
 */
export function stunResponse(request: Buffer, source: Address): Buffer | undefined {
	if (request.readUInt16BE(0) !== BINDING_REQUEST) return undefined
	const address = addressBytes(source.host)
	if (!address) return undefined
	// Cookie and transaction id of the request, which are also the mask of the address (RFC 5389 15.2).
	const mask = request.subarray(4, HEADER_BYTES)
	const value = Buffer.alloc(4 + address.length)
	value.writeUInt8(address.length === 4 ? 1 : 2, 1)
	value.writeUInt16BE(source.port ^ (MAGIC_COOKIE >>> 16), 2)
	for (const [i, byte] of address.entries()) value.writeUInt8(byte ^ (mask[i] ?? 0), 4 + i)
	const head = Buffer.alloc(4)
	head.writeUInt16BE(BINDING_SUCCESS, 0)
	head.writeUInt16BE(4 + value.length, 2)
	const attribute = Buffer.alloc(4)
	attribute.writeUInt16BE(XOR_MAPPED_ADDRESS, 0)
	attribute.writeUInt16BE(value.length, 2)
	return Buffer.concat([head, mask, attribute, value])
}

/** The bytes of an IPv4 or IPv6 address in network order. */
function addressBytes(host: string): Buffer | undefined {
	if (isIPv4(host)) return Buffer.from(host.split('.').map(Number))
	const [front = '', back] = host.replace(/%.*$/, '').split('::')
	const left = groups(front)
	const right = groups(back ?? '')
	const gap = back === undefined ? 0 : 8 - left.length - right.length
	if (gap < 0 || left.length + right.length + gap !== 8) return undefined
	const bytes = Buffer.alloc(16)
	for (const [i, group] of [...left, ...new Array<number>(gap).fill(0), ...right].entries())
		bytes.writeUInt16BE(group, i * 2)
	return bytes
}

function groups(text: string): number[] {
	return text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16) & 0xffff)
}
