import { silentLogger } from '@vigil/runtime'
import { defaultTransportLimits, type Listener, TransportManager } from '@vigil/sip-transport'
import { StreamFramer, type StreamItem } from '@vigil/sip-transport/testing'
import { until, VirtualClock } from '@vigil/testkit'
import { type FuzzInput, pieces } from '../inputs/input-source.ts'
import { StreamClient } from './stream-client.ts'
import { type FuzzRun, type FuzzTarget, must } from './target.ts'
import { textFrame, upgradeRequest } from './web-socket-frames.ts'

/** One in so many inputs goes through real sockets too. */
const TO_SOCKETS = 8
const LOOPBACK = '127.0.0.1'
/** Longer than every deadline of a connection. */
const LONG_MS = 700_000

/** Cutting streams into messages: the same whatever the pieces, in memory; and over TCP and WebSocket the listeners live on. */
export const framing: FuzzTarget = {
	name: 'framing',
	batch: 200,
	async start() {
		const clock = new VirtualClock()
		const manager = new TransportManager({ clock, logger: silentLogger, limits: { maxConnectionsPerSource: 1000 } })
		const tcp = await manager.listen({ transport: 'tcp', host: LOOPBACK, port: 0 })
		const ws = await manager.listen({ transport: 'ws', host: LOOPBACK, port: 0 })
		return new FramingRun(manager, clock, tcp, ws)
	},
}

class FramingRun implements FuzzRun {
	readonly #manager: TransportManager
	readonly #clock: VirtualClock
	readonly #clients: readonly StreamClient[]
	readonly #ports: { readonly tcp: number; readonly ws: number }
	#heard = 0

	constructor(manager: TransportManager, clock: VirtualClock, tcp: Listener, ws: Listener) {
		this.#manager = manager
		this.#clock = clock
		this.#ports = { tcp: tcp.port, ws: ws.port }
		// To WebSocket as messages, as frames with anything in them, and as anything instead of an upgrade.
		this.#clients = [new StreamClient(tcp.port), new StreamClient(ws.port, upgradeRequest()), new StreamClient(ws.port)]
		manager.onMessage((message) => {
			if (message.headers.get('Call-ID') === 'alive') this.#heard++
		})
	}

	async feed(input: FuzzInput): Promise<void> {
		comparePieces(input)
		if (input.way % TO_SOCKETS !== 0) return
		const choice = Math.floor(input.way / TO_SOCKETS) % 4
		if (choice === 3) await this.#clients[1]?.send([textFrame(input.bytes.subarray(0, 65_535))])
		else await this.#clients[choice]?.send(pieces(input))
	}

	/** A sound message on a connection of its own is heard over both transports. */
	async settle(): Promise<void> {
		const { tcp, ws } = this.#ports
		const message = probe()
		for (const [port, greeting, bytes] of [
			[tcp, undefined, message] as const,
			[ws, upgradeRequest(), textFrame(message)] as const,
		]) {
			const before = this.#heard
			const client = new StreamClient(port, greeting)
			await client.send([bytes])
			await until(() => this.#heard > before, { what: 'a message behind the inputs', deadlineMs: 10_000 })
			client.reset()
		}
		await this.#clock.advance(1000)
	}

	async rest(): Promise<Readonly<Record<string, number>>> {
		for (const client of this.#clients) client.reset()
		const { tcp, ws } = this.#manager.counters
		await this.#clock.advance(LONG_MS)
		await until(() => tcp.openFlows + ws.openFlows === 0, { what: 'an end of all flows', deadlineMs: 10_000 })
		must(tcp.receiverErrors + ws.receiverErrors === 0, 'a receiver of messages has thrown')
		return { flows: tcp.openFlows + ws.openFlows, timers: this.#clock.pendingTimers }
	}

	close(): Promise<void> {
		return this.#manager.close()
	}
}

function probe(): Buffer {
	const lines = [
		'OPTIONS sip:x@y SIP/2.0',
		'Via: SIP/2.0/TCP z;branch=z9hG4bKz',
		'From: <sip:a@b>;tag=1',
		'To: <sip:x@y>',
	]
	return Buffer.from([...lines, 'Call-ID: alive', 'CSeq: 1 OPTIONS', 'Content-Length: 0', '\r\n'].join('\r\n'))
}

/** What comes out depends on the bytes, not on how they were cut. */
function comparePieces(input: FuzzInput): void {
	const whole = framed([input.bytes])
	must(framed(pieces(input)) === whole, 'other messages from the same bytes in other pieces')
}

function framed(chunks: readonly Buffer[]): string {
	const framer = new StreamFramer(defaultTransportLimits)
	const items: StreamItem[] = chunks.flatMap((chunk) => framer.push(chunk))
	const texts = items.map((item) => {
		if (item.type === 'message') return Buffer.from(item.bytes).toString('latin1')
		return item.type === 'broken' ? `broken ${item.fault} ${item.headers?.length ?? 0}` : item.type
	})
	return `${texts.join('\n')} ${framer.partial}`
}
