import type { Address } from '../flow.ts'
import { StreamFramer, type StreamItem } from '../framing/stream-framer.ts'
import { readProxyHeader } from '../listener/proxy-header.ts'
import type { MessageIntake } from '../message-intake.ts'
import type { StreamSocket } from '../network/network.ts'
import { addressOf } from '../socket-address.ts'
import { ConnectionFlow, type ConnectionFlowOptions, type Wire } from './connection-flow.ts'

const CRLF = Buffer.from('\r\n')
const PING = Buffer.from('\r\n\r\n')

/** Makes a connected TCP or TLS socket a flow: everything it receives goes through framing to the intake. */
export function openStreamFlow(
	socket: StreamSocket,
	intake: MessageIntake,
	options: Omit<ConnectionFlowOptions, 'wire' | 'local' | 'remote' | 'counters'> & { readonly remote?: Address },
): ConnectionFlow {
	const flow = new ConnectionFlow({
		...options,
		wire: streamWire(socket),
		local: addressOf(socket.localAddress, socket.localPort),
		remote: options.remote ?? addressOf(socket.remoteAddress, socket.remotePort),
		counters: intake.counters[options.transport],
	})
	const framer = new StreamFramer(options.context.limits)
	let failed = false
	socket.once('data', (chunk: Buffer) => {
		// Whoever is believed has been heard before the flow was made.
		if (flow.direction === 'inbound' && claimsSource(chunk)) flow.finish('bad-framing')
	})
	socket.on('data', (chunk: Buffer) => receive(flow, framer, intake, chunk))
	socket.on('error', () => {
		failed = true
	})
	socket.on('close', () => flow.wireClosed(failed))
	options.context.opened(flow)
	return flow
}

/** A header of the PROXY protocol, from somebody who is not trusted to say where others are. */
function claimsSource(chunk: Buffer): boolean {
	const { kind } = readProxyHeader(chunk)
	return kind === 'header' || kind === 'bad'
}

function receive(flow: ConnectionFlow, framer: StreamFramer, intake: MessageIntake, chunk: Buffer): void {
	if (flow.closed) return
	intake.counters[flow.transport].bytesIn += chunk.length
	let crlfs = 0
	for (const item of framer.push(chunk)) {
		if (item.type === 'crlf') {
			crlfs++
			continue
		}
		if (crlfs > 0) flow.crlfsReceived(crlfs)
		crlfs = 0
		if (!take(flow, intake, item)) return
	}
	if (crlfs > 0) flow.crlfsReceived(crlfs)
	flow.bytesReceived(framer.partial)
}

/** False when the flow ended by it. */
function take(flow: ConnectionFlow, intake: MessageIntake, item: Exclude<StreamItem, { type: 'crlf' }>): boolean {
	if (item.type === 'broken') {
		intake.broken(item.fault, item.headers, flow)
		flow.finish('bad-framing')
		return false
	}
	flow.messageReceived()
	if (!intake.receive(item.bytes, flow)) flow.finish('bad-framing')
	return !flow.closed
}

function streamWire(socket: StreamSocket): Wire {
	return {
		write: (bytes, done) => void socket.write(bytes, done),
		ping: () => void socket.write(PING),
		pong: (count) => void socket.write(count === 1 ? CRLF : Buffer.from('\r\n'.repeat(count))),
		queuedBytes: () => socket.writableLength,
		end: () => void socket.end(),
		destroy: () => void socket.destroy(),
	}
}
