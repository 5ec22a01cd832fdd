import type { Clock } from '@vigil/runtime'
import { LossyNetwork, type NetworkBehaviour } from '../lossy-network.ts'
import type { SeededRandom } from '../seeded-random.ts'
import { type HostNetwork, type OnTheWire, SimulatedHost } from './simulated-host.ts'
import type { SimulatedServer } from './simulated-server.ts'
import type { SimulatedAddress, SimulatedStream } from './simulated-stream.ts'

/** How long TCP waits before it sends a lost segment again; doubled each time. */
const RESEND_MS = 200
const MOST_RESENDS = 3

/** Something on the wire, and when. */
export interface WireEvent extends OnTheWire {
	readonly atMs: number
}

export interface SimulatedNetworkOptions {
	readonly clock: Clock
	readonly random: SeededRandom
	/** How datagrams fare. Connections lose nothing: what is lost of them comes later. */
	readonly behaviour?: Partial<NetworkBehaviour>
	/** Sees everything that is sent. */
	readonly onSent?: (event: WireEvent) => void
	/** Sees everything that arrives. */
	readonly onArrived?: (event: WireEvent) => void
}

/**
 * UDP and TCP between hosts, in memory: time comes from the clock and chance from the generator, so that a run is replayed by its
 * seed. Each host is a `Network` for the transport.
 */
export class SimulatedNetwork implements HostNetwork {
	readonly datagrams: LossyNetwork
	readonly #listening = new Map<string, { readonly server: SimulatedServer; readonly host: SimulatedHost }>()
	readonly #clock: Clock
	readonly #random: SeededRandom
	readonly #options: SimulatedNetworkOptions
	#behaviour: { readonly loss: number; readonly minDelayMs: number; readonly maxDelayMs: number }

	constructor(options: SimulatedNetworkOptions) {
		const { clock, random, behaviour = {} } = options
		this.#clock = clock
		this.#random = random.fork()
		this.#options = options
		this.#behaviour = { loss: 0, minDelayMs: 0, maxDelayMs: 0, ...behaviour }
		this.datagrams = new LossyNetwork({ clock, random: random.fork(), behaviour })
	}

	/** Changes how what is sent from now on fares. */
	behave(change: Partial<NetworkBehaviour>): void {
		this.datagrams.behave(change)
		this.#behaviour = { ...this.#behaviour, ...change }
	}

	/** A machine with that address. Only one at a time may have it. */
	host(address: string): SimulatedHost {
		return new SimulatedHost(this, address)
	}

	/** Takes the address for a server; false when it is taken already. */
	listen(address: SimulatedAddress, host: SimulatedHost, server: SimulatedServer): boolean {
		const name = nameOf(address)
		if (this.#listening.has(name)) return false
		this.#listening.set(name, { server, host })
		return true
	}

	leave(server: SimulatedServer): void {
		for (const [name, listening] of this.#listening) if (listening.server === server) this.#listening.delete(name)
	}

	serverAt(address: SimulatedAddress): { readonly server: SimulatedServer; readonly host: SimulatedHost } | undefined {
		return this.#listening.get(nameOf(address))
	}

	sent(event: OnTheWire): void {
		this.#options.onSent?.({ ...event, atMs: this.#clock.now() })
	}

	arrived(event: OnTheWire): void {
		this.#options.onArrived?.({ ...event, atMs: this.#clock.now() })
	}

	/** Calls `act` after the time of a segment on its way. */
	later(act: () => void): void {
		this.#clock.setTimer(this.#segmentDelayMs(), act)
	}

	/** Carries something to the other end of a connection, after whatever was sent before. */
	readonly carry = (from: SimulatedStream, act: (to: SimulatedStream) => void, bytes?: Uint8Array): void => {
		const nowMs = this.#clock.now()
		const atMs = Math.max(from.arrivesAtMs, nowMs + this.#segmentDelayMs())
		from.arrivesAtMs = atMs
		const event = bytes && ({ kind: 'tcp', from: nameOf(localOf(from)), to: nameOf(remoteOf(from)), bytes } as const)
		if (event) this.sent(event)
		this.#clock.setTimer(atMs - nowMs, () => {
			if (!from.peer) return
			if (event && !from.peer.destroyed) this.arrived(event)
			act(from.peer)
		})
	}

	#segmentDelayMs(): number {
		const { loss, minDelayMs, maxDelayMs } = this.#behaviour
		let delayMs = minDelayMs + this.#random.next() * Math.max(0, maxDelayMs - minDelayMs)
		for (let resend = 0; resend < MOST_RESENDS && this.#random.chance(loss); resend++)
			delayMs += RESEND_MS * 2 ** resend
		return delayMs
	}
}

function nameOf({ host, port }: SimulatedAddress): string {
	return `${host}:${port}`
}

function localOf({ localAddress: host, localPort: port }: SimulatedStream): SimulatedAddress {
	return { host, port }
}

function remoteOf({ remoteAddress: host, remotePort: port }: SimulatedStream): SimulatedAddress {
	return { host, port }
}
