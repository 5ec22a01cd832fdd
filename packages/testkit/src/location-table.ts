import type { WirePeer } from './sip-wire.ts'

/** One contact of an address-of-record, as a registrar keeps it (RFC 3261 10.3). */
export interface Binding {
	/** What tells it from other bindings of the address-of-record. */
	readonly name: string
	/** Contact URI as registered. */
	readonly contact: string
	/** Request-URI of calls to it. */
	readonly target: string
	/** Contact URI in lists. */
	readonly shown: string
	readonly callId: string
	readonly cseq: number
	readonly expiresAtMs: number
	/** Where the REGISTER came from: the only way back through a NAT. */
	readonly source: WirePeer
	/** It can be reached by the connection of `source` alone. */
	readonly byConnection: boolean
	/** Path values in the order in which requests visit them (RFC 3327). */
	readonly path: readonly string[]
	/** Contact parameters without `expires`, among them `+sip.instance`. */
	readonly params: ReadonlyMap<string, string | true>
}

/** Who is where: the bindings of every address-of-record. */
export class LocationTable {
	readonly #bindings = new Map<string, Binding[]>()

	/** The live bindings, the latest last. */
	of(aor: string, nowMs: number): Binding[] {
		const live = (this.#bindings.get(aor) ?? []).filter((binding) => binding.expiresAtMs > nowMs)
		this.#bindings.set(aor, live)
		return [...live]
	}

	/** These are the bindings from now on, the latest last. */
	set(aor: string, bindings: readonly Binding[]): void {
		this.#bindings.set(aor, [...bindings])
	}

	/** Forgets what came by that connection. */
	removeFrom({ host, port, transport }: WirePeer): void {
		for (const [aor, bindings] of this.#bindings) {
			const others = bindings.filter(({ source }) => {
				return source.host !== host || source.port !== port || source.transport !== transport
			})
			this.#bindings.set(aor, others)
		}
	}

	clear(aor: string): void {
		this.#bindings.delete(aor)
	}

	clearAll(): void {
		this.#bindings.clear()
	}

	/** The live binding with this contact, whosever it is. */
	findByContact(contact: string, nowMs: number): Binding | undefined {
		for (const bindings of this.#bindings.values()) {
			const found = bindings.findLast((binding) => isCalled(binding, contact) && binding.expiresAtMs > nowMs)
			if (found) return found
		}
		return undefined
	}
}

function isCalled({ contact, target }: Binding, uri: string): boolean {
	return contact === uri || target === uri
}
