import { parseMessage, type SipMessage, type SipResponse, serializeMessage, topVia } from '@vigil/sip'
import { type Address, type Flow, type FlowCloseReason, formatAddress } from '../flow.ts'
import type { MessageChannel, MessageReceiver, SendFailure, Unsubscribe } from '../message-channel.ts'
import { replyTarget } from '../reply-target.ts'
import { TransportError } from '../transport-error.ts'
import { stampTopVia } from '../via-stamp.ts'

/** A network of named places, such as the test kit's lossy network. */
export interface DatagramNetwork {
	attach(
		name: string,
		receive: (bytes: Uint8Array, from: string) => void,
	): { send(to: string, bytes: Uint8Array): void; detach(): void }
}

export interface MemoryChannelOptions {
	readonly network: DatagramNetwork
	/** Our place; its name on the network is `host:port`. */
	readonly address: Address
	/** `tcp`: flows say that they are reliable, which is true only on a network that loses nothing. Default `udp`. */
	readonly transport?: 'udp' | 'tcp'
}

/** A message channel without sockets, for tests on a virtual clock: real bytes, real Via handling, simulated network. */
export class MemoryChannel implements MessageChannel {
	readonly address: Address
	readonly transport: 'udp' | 'tcp'
	readonly #place: ReturnType<DatagramNetwork['attach']>
	readonly #flows = new Map<string, MemoryFlow>()
	readonly #receivers = new Set<MessageReceiver>()

	constructor({ network, address, transport = 'udp' }: MemoryChannelOptions) {
		this.address = address
		this.transport = transport
		this.#place = network.attach(formatAddress(address), (bytes, from) => this.#receive(bytes, from))
	}

	/** The flow to that place, a new one when the last was closed. */
	flowTo(remote: Address): Flow {
		const key = formatAddress(remote)
		const known = this.#flows.get(key)
		if (known && !known.closed) return known
		const flow = new MemoryFlow(this, remote, (bytes) => this.#place.send(key, bytes))
		this.#flows.set(key, flow)
		return flow
	}

	onMessage(receive: MessageReceiver): Unsubscribe {
		this.#receivers.add(receive)
		return () => this.#receivers.delete(receive)
	}

	send(message: SipMessage, flow: Flow, onFailure?: SendFailure): void {
		flow.send(serializeMessage(message), onFailure)
	}

	reply(response: SipResponse, flow: Flow, onFailure?: SendFailure): void {
		const via = topVia(response)
		const target = this.transport === 'udp' && via ? replyTarget(via, 'udp') : undefined
		this.send(response, target ? this.flowTo(target) : flow, onFailure)
	}

	/** Leaves the network and ends every flow. */
	close(): void {
		this.#place.detach()
		for (const flow of this.#flows.values()) flow.finish('listener-closed')
	}

	#receive(bytes: Uint8Array, from: string): void {
		const parsed = parseMessage(bytes)
		if (!parsed.ok) return
		const { message } = parsed
		const flow = this.flowTo(addressOfName(from))
		if (message.kind === 'request') stampTopVia(message.headers, flow.remote)
		for (const receiver of this.#receivers) receiver(message, flow, bytes.length)
	}
}

function addressOfName(name: string): Address {
	const colon = name.lastIndexOf(':')
	return { host: name.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(name.slice(colon + 1)) }
}

class MemoryFlow implements Flow {
	readonly id: string
	readonly transport: 'udp' | 'tcp'
	readonly reliable: boolean
	readonly secure = false
	readonly direction = 'outbound'
	readonly local: Address
	readonly remote: Address
	readonly #transmit: (bytes: Uint8Array) => void
	readonly #listeners = new Set<(reason: FlowCloseReason) => void>()
	#reason: FlowCloseReason | undefined

	constructor(channel: MemoryChannel, remote: Address, transmit: (bytes: Uint8Array) => void) {
		this.id = `memory-${formatAddress(channel.address)}-${formatAddress(remote)}`
		this.transport = channel.transport
		this.reliable = channel.transport === 'tcp'
		this.local = channel.address
		this.remote = remote
		this.#transmit = transmit
	}

	get closed(): boolean {
		return this.#reason !== undefined
	}

	send(bytes: Uint8Array, onFailure?: SendFailure): void {
		if (!this.closed) this.#transmit(bytes)
		else if (onFailure) queueMicrotask(() => onFailure(new TransportError('flow-closed', 'the flow is closed')))
	}

	close(): void {
		this.finish('local')
	}

	finish(reason: FlowCloseReason): void {
		if (this.closed) return
		this.#reason = reason
		for (const listener of [...this.#listeners]) listener(reason)
	}

	onClose(fn: (reason: FlowCloseReason) => void): () => void {
		const reason = this.#reason
		if (reason !== undefined) queueMicrotask(() => fn(reason))
		else this.#listeners.add(fn)
		return () => this.#listeners.delete(fn)
	}
}
