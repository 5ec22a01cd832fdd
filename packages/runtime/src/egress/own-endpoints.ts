import { networkInterfaces } from 'node:os'
import { classifyAddress } from './address-class.ts'
import type { OwnEndpoint } from './decide-egress.ts'

/** An address, or `0.0.0.0` or `::` for every one of this machine; and a port. */
export interface EndpointAddress {
	readonly host: string
	readonly port: number
}

/** What this service itself has at addresses and ports. */
export class OwnEndpoints {
	readonly #at = new Map<string, OwnEndpoint>()
	/** Ports that are listened at on every address. */
	readonly #everywhere = new Map<number, OwnEndpoint>()
	readonly #isOfThisMachine: (address: string) => boolean

	/** `isOfThisMachine` is for tests; by default the machine's interfaces tell. */
	constructor(isOfThisMachine: (address: string) => boolean = isInterfaceAddress) {
		this.#isOfThisMachine = isOfThisMachine
	}

	/** Names that are no IP address are for the caller to resolve; they are passed over. */
	add(kind: OwnEndpoint, { host, port }: EndpointAddress): void {
		const classified = classifyAddress(host)
		if (classified?.class === 'unspecified') this.#everywhere.set(port, kind)
		else if (classified) this.#at.set(`${classified.address} ${port}`, kind)
	}

	/** What is there; the address in its one spelling. */
	at(address: string, port: number): OwnEndpoint | undefined {
		const known = this.#at.get(`${address} ${port}`)
		if (known !== undefined) return known
		const everywhere = this.#everywhere.get(port)
		return everywhere !== undefined && this.#isOfThisMachine(address) ? everywhere : undefined
	}
}

/** Asked only for the few ports that are listened at everywhere, as interfaces come and go. */
function isInterfaceAddress(address: string): boolean {
	if (classifyAddress(address)?.class === 'loopback') return true
	return Object.values(networkInterfaces()).some((own) =>
		own?.some((one) => classifyAddress(one.address)?.address === address),
	)
}
