import { randomBytes } from 'node:crypto'

/** A WebSocket text frame from a client: a length in two bytes, and a mask, which changes nothing when it is zero. */
export function textFrame(payload: Buffer): Buffer {
	const head = Buffer.from([0x81, 0x80 | 126, payload.length >> 8, payload.length & 0xff, 0, 0, 0, 0])
	return Buffer.concat([head, payload])
}

/** The HTTP request that makes a connection one of SIP over WebSocket (RFC 7118 4). */
export function upgradeRequest(): Buffer {
	const lines = ['GET / HTTP/1.1', 'Host: x', 'Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13']
	lines.push(`Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`, 'Sec-WebSocket-Protocol: sip', '\r\n')
	return Buffer.from(lines.join('\r\n'))
}
