import type { WirePeer } from './sip-wire.ts'

/** One contact of an address-of-record, as a registrar keeps it (RFC 3261 10.3). */
export interface Binding {
	/** Contact URI as registered. */
	readonly contact: string
	readonly callId: string
	readonly cseq: number
	readonly expiresAtMs: number
	/** Where the REGISTER came from: the only way back through a NAT. */
	readonly source: WirePeer
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

	/** Adds the binding, or replaces the one with the same contact. */
	put(aor: string, binding: Binding, nowMs: number): void {
		this.#bindings.set(aor, [...this.#others(aor, binding.contact, nowMs), binding])
	}

	remove(aor: string, contact: string, nowMs: number): void {
		this.#bindings.set(aor, this.#others(aor, contact, nowMs))
	}

	clear(aor: string): void {
		this.#bindings.delete(aor)
	}

	/** The live binding with this contact, whosever it is. */
	findByContact(contact: string, nowMs: number): Binding | undefined {
		for (const bindings of this.#bindings.values()) {
			const found = bindings.find((binding) => binding.contact === contact && binding.expiresAtMs > nowMs)
			if (found) return found
		}
		return undefined
	}

	#others(aor: string, contact: string, nowMs: number): Binding[] {
		return this.of(aor, nowMs).filter((binding) => binding.contact !== contact)
	}
}
