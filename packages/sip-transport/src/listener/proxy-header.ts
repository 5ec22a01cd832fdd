import { isIP } from 'node:net'
import type { Address } from '../flow.ts'
import { plainHost } from '../socket-address.ts'

/**
 * The header of the PROXY protocol at the beginning of a connection (HAProxy, versions 1 and 2). `source` is absent where the proxy
 * speaks for itself (LOCAL, UNKNOWN) or of something that is no IP.
 */
export type ProxyHeader =
	| { readonly kind: 'header'; readonly length: number; readonly source?: Address }
	/** There is none: what came is the stream itself. */
	| { readonly kind: 'none' }
	/** Nobody can tell before there is more. */
	| { readonly kind: 'more' }
	| { readonly kind: 'bad' }

const SIGNATURE = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1')
const FIXED_BYTES = 16
/** Addresses take at most 216; the rest are TLVs, of which a certificate's subject is the longest that is usual. */
const MOST_BYTES = 4096
const TCP_OVER_IPV4 = 0x11
const TCP_OVER_IPV6 = 0x21
const IPV4_BYTES = 12
const IPV6_BYTES = 36

const TEXT = Buffer.from('PROXY ', 'latin1')
/** With its line break, by the specification. */
const MOST_TEXT_BYTES = 107
const LINE = /^PROXY (TCP4|TCP6|UNKNOWN)(?: (\S+) (\S+) (\d{1,5}) (\d{1,5}))?/

/** Reads the header of the bytes that have come so far. */
export function readProxyHeader(bytes: Buffer): ProxyHeader {
	if (begins(bytes, SIGNATURE)) return bytes.length < SIGNATURE.length ? { kind: 'more' } : binary(bytes)
	if (begins(bytes, TEXT)) return bytes.length < TEXT.length ? { kind: 'more' } : line(bytes)
	return { kind: 'none' }
}

/** One is the beginning of the other. */
function begins(bytes: Buffer, signature: Buffer): boolean {
	const length = Math.min(bytes.length, signature.length)
	return bytes.compare(signature, 0, length, 0, length) === 0
}

function binary(bytes: Buffer): ProxyHeader {
	if (bytes.length < FIXED_BYTES) return { kind: 'more' }
	const [version, command] = [bytes.readUInt8(12) >> 4, bytes.readUInt8(12) & 0x0f]
	const length = FIXED_BYTES + bytes.readUInt16BE(14)
	if (version !== 2 || command > 1 || length > MOST_BYTES) return { kind: 'bad' }
	if (bytes.length < length) return { kind: 'more' }
	if (command === 0) return { kind: 'header', length }
	const family = bytes.readUInt8(13)
	if (family === TCP_OVER_IPV4 && length >= FIXED_BYTES + IPV4_BYTES) {
		const host = bytes.subarray(16, 20).join('.')
		return { kind: 'header', length, source: { host, port: bytes.readUInt16BE(24) } }
	}
	if (family === TCP_OVER_IPV6 && length >= FIXED_BYTES + IPV6_BYTES) {
		const groups = Array.from({ length: 8 }, (_, group) => bytes.readUInt16BE(16 + 2 * group).toString(16))
		return { kind: 'header', length, source: { host: plain(groups.join(':')), port: bytes.readUInt16BE(48) } }
	}
	return { kind: 'header', length }
}

function line(bytes: Buffer): ProxyHeader {
	const end = bytes.subarray(0, MOST_TEXT_BYTES).indexOf('\r\n')
	if (end < 0) return { kind: bytes.length < MOST_TEXT_BYTES ? 'more' : 'bad' }
	const match = LINE.exec(bytes.toString('latin1', 0, end))
	const length = end + 2
	if (!match) return { kind: 'bad' }
	const [, protocol, source, , port] = match
	if (protocol === 'UNKNOWN') return { kind: 'header', length }
	const family = protocol === 'TCP6' ? 6 : 4
	if (source === undefined || isIP(source) !== family || Number(port) > 65_535) return { kind: 'bad' }
	return { kind: 'header', length, source: { host: plain(source), port: Number(port) } }
}

/** As a socket tells it. */
function plain(host: string): string {
	return plainHost(isIP(host) === 6 ? canonicalIPv6(host) : host)
}

function canonicalIPv6(host: string): string {
	return new URL(`http://[${host}]/`).hostname.slice(1, -1)
}
