import { lookup } from 'node:dns/promises'
import { isIP, isIPv6 } from 'node:net'
import { toTransportError } from '../connection/socket-error.ts'
import type { Address } from '../flow.ts'
import type { ConnectOptions, Listener } from '../listen-options.ts'
import { plainHost } from '../socket-address.ts'
import type { TransportContext } from '../transport-context.ts'
import { TransportError } from '../transport-error.ts'
import type { UdpFlow } from './udp-flow.ts'
import { UdpListener } from './udp-listener.ts'

/** The UDP sockets of a manager: those that it was told to open, and those it opened to send from. */
export class UdpSockets {
	readonly #context: TransportContext
	readonly #open = new Set<UdpListener>()
	readonly #opening = new Map<string, Promise<UdpListener>>()

	constructor(context: TransportContext) {
		this.#context = context
	}

	/** Binds a socket. Throws TransportError. */
	async listen(address: Address): Promise<UdpListener> {
		const listener = await UdpListener.open(address, this.#context)
		this.#open.add(listener)
		listener.onClose(() => this.#open.delete(listener))
		return listener
	}

	/** A flow to that target. Throws TransportError. */
	async connect(options: ConnectOptions): Promise<UdpFlow> {
		const host = await this.#addressOf(options.host)
		const listener = await this.#senderFor(host, options)
		return listener.flowTo({ host, port: options.port }, 'outbound')
	}

	async close(): Promise<void> {
		await Promise.all([...this.#open].map((listener) => listener.close()))
	}

	async #addressOf(host: string): Promise<string> {
		const plain = plainHost(host)
		if (isIP(plain) !== 0) return plain
		try {
			return (await lookup(plain)).address
		} catch (error) {
			throw toTransportError(error)
		}
	}

	/** The socket asked for, else one that reaches the address, else a new one. */
	async #senderFor(host: string, { via, localHost, localPort }: ConnectOptions): Promise<UdpListener> {
		if (via) return this.#asked(via, host)
		for (const listener of this.#open) {
			const fits = localHost === undefined || listener.host === localHost
			if (fits && (localPort === undefined || listener.port === localPort) && listener.reaches(host)) return listener
		}
		return this.#openSender({ host: localHost ?? (isIPv6(host) ? '::' : '0.0.0.0'), port: localPort ?? 0 })
	}

	#asked(via: Listener, host: string): UdpListener {
		if (!(via instanceof UdpListener)) throw new TypeError('only a UDP listener can send datagrams')
		if (!via.reaches(host)) throw new TransportError('unreachable', 'the listener is of the other address family')
		return via
	}

	/** Callers at the same time share the new socket. */
	#openSender(address: Address): Promise<UdpListener> {
		const key = `${address.host} ${address.port}`
		const pending = this.#opening.get(key)
		if (pending) return pending
		const opening = this.listen(address).finally(() => this.#opening.delete(key))
		this.#opening.set(key, opening)
		return opening
	}
}
