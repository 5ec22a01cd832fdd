import { isUtf8 } from 'node:buffer'
import type { Socket } from 'node:net'
import type { RawData, WebSocket } from 'ws'
import type { Address } from '../flow.ts'
import type { MessageIntake } from '../message-intake.ts'
import { addressOf } from '../socket-address.ts'
import { ConnectionFlow, type ConnectionFlowOptions, type Wire } from './connection-flow.ts'

/** The subprotocol of RFC 7118. */
export const SUBPROTOCOL = 'sip'

/** More fragments than any SIP message needs: a message of many tiny ones costs the receiver more than its sender. */
export const MAX_FRAGMENTS = 64

const CRLF = '\r\n'

/** The connection ended without a close frame (RFC 6455 7.1.5). */
const ABNORMAL_CLOSURE = 1006

/** Makes an open WebSocket a flow: one SIP message in each WebSocket message (RFC 7118 5). */
export function openWebSocketFlow(
	webSocket: WebSocket,
	socket: Socket,
	intake: MessageIntake,
	options: Omit<ConnectionFlowOptions, 'wire' | 'local' | 'remote' | 'counters'> & { readonly remote?: Address },
): ConnectionFlow {
	const flow = new ConnectionFlow({
		...options,
		wire: webSocketWire(webSocket),
		local: addressOf(socket.localAddress, socket.localPort),
		remote: options.remote ?? addressOf(socket.remoteAddress, socket.remotePort),
		counters: intake.counters[options.transport],
	})
	webSocket.on('message', (data) => receive(flow, intake, data))
	webSocket.on('ping', () => {
		flow.bytesReceived(false)
		// The answer is sent by the WebSocket layer itself.
		intake.counters[flow.transport].pingsIn++
		intake.counters[flow.transport].pongsOut++
	})
	webSocket.on('pong', () => flow.pongReceived())
	// A frame that breaks RFC 6455 or a limit; the peer has been sent a close frame that says so.
	webSocket.on('error', () => {
		intake.counters[flow.transport].malformed++
		flow.finish('bad-framing')
	})
	webSocket.on('close', (code) => flow.wireClosed(code === ABNORMAL_CLOSURE))
	options.context.opened(flow)
	return flow
}

function receive(flow: ConnectionFlow, intake: MessageIntake, data: RawData): void {
	if (flow.closed) return
	const bytes = toBuffer(data)
	intake.counters[flow.transport].bytesIn += bytes.length
	const crlfs = crlfsIn(bytes)
	if (crlfs > 0) flow.crlfsReceived(crlfs)
	else {
		flow.messageReceived()
		if (!intake.receive(bytes, flow)) flow.finish('bad-framing')
	}
	flow.bytesReceived(false)
}

function toBuffer(data: RawData): Buffer {
	if (Buffer.isBuffer(data)) return data
	return Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data)
}

/** How many CRLFs a message is made of, 0 when it holds anything else (RFC 5626 3.5.1 inside of WebSocket, as SIP.js and JsSIP do). */
function crlfsIn(bytes: Buffer): number {
	if (bytes.length > 8 || bytes.length % 2 === 1) return 0
	const count = bytes.length / 2
	return bytes.toString('latin1') === CRLF.repeat(count) ? count : 0
}

function webSocketWire(webSocket: WebSocket): Wire {
	return {
		// RFC 7118 5.1: text when the message is UTF-8, binary otherwise.
		write: (bytes, done) => webSocket.send(bytes, { binary: !isUtf8(bytes) }, done),
		ping: () => webSocket.ping(),
		pong: (count) => webSocket.send(CRLF.repeat(count)),
		queuedBytes: () => webSocket.bufferedAmount,
		end: () => webSocket.close(1000),
		destroy: () => webSocket.terminate(),
	}
}
