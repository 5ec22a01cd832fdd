import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import type { Clock, TimerHandle } from '../clock.ts'
import type { Egress } from './egress.ts'
import type { EndpointAddress } from './own-endpoints.ts'

const DEFAULT_PORTS: Readonly<Record<string, number>> = { postgres: 5432, postgresql: 5432, redis: 6379, rediss: 6379 }

/** Names move: a store that failed over to another address is known there within this time. */
const AGAIN_MS = 30_000

/** Hosts and ports of a database's or queue's URL; several where it names several. Sockets of the file system are none. */
export function storeEndpoints(url: string): EndpointAddress[] {
	const [, scheme = '', hosts = '', query = ''] = /^([a-z]+):\/\/(?:[^@/?]*@)?([^/?]*)[^?]*\??(.*)$/i.exec(url) ?? []
	const usual = DEFAULT_PORTS[scheme.toLowerCase()] ?? 0
	const inQuery = new URLSearchParams(query).get('host')
	const texts = hosts === '' && inQuery !== null ? [inQuery] : hosts.split(',')
	return texts.flatMap((text) => {
		const [, host = '', port] = /^(\[[^\]]*\]|[^:]*)(?::(\d+))?$/.exec(decodeURIComponent(text)) ?? []
		if (host.startsWith('/')) return []
		return [{ host: host === '' ? 'localhost' : host.replace(/^\[|\]$/g, ''), port: port ? Number(port) : usual }]
	})
}

/** Keeps what the stores' names resolve to out of reach, and names that devices and SIP servers are told to reach us by. */
export class GuardedNames {
	readonly #egress: Egress
	readonly #clock: Clock
	readonly #stores: readonly EndpointAddress[]
	readonly #listeners: EndpointAddress[] = []
	#timer: TimerHandle | undefined
	#closed = false

	constructor(egress: Egress, clock: Clock, storeUrls: readonly string[]) {
		this.#egress = egress
		this.#clock = clock
		this.#stores = storeUrls.flatMap(storeEndpoints)
	}

	/** Resolves the names now, and again as time goes by. */
	async start(): Promise<void> {
		await this.#resolveAll()
		this.#again()
	}

	/** A listener of ours, by the name or address that it is reached by from outside. */
	async advertised(endpoint: EndpointAddress): Promise<void> {
		this.#listeners.push(endpoint)
		await this.#resolve(endpoint, (address) => this.#egress.ownListener(address))
	}

	close(): void {
		this.#closed = true
		if (this.#timer) this.#clock.clearTimer(this.#timer)
	}

	#again(): void {
		if (this.#closed) return
		this.#timer = this.#clock.setTimer(AGAIN_MS, () => void this.#resolveAll().finally(() => this.#again()))
		;(this.#timer as { unref?: () => void }).unref?.()
	}

	async #resolveAll(): Promise<void> {
		await Promise.all([
			...this.#stores.map((one) => this.#resolve(one, (address) => this.#egress.ownStore(address))),
			...this.#listeners.map((one) => this.#resolve(one, (address) => this.#egress.ownListener(address))),
		])
	}

	/** A name that is not known just now is asked for again; what it meant before stays out of reach. */
	async #resolve({ host, port }: EndpointAddress, add: (address: EndpointAddress) => void): Promise<void> {
		if (isIP(host) !== 0) return add({ host, port })
		const found = await lookup(host, { all: true }).catch(() => [])
		for (const { address } of found) add({ host: address, port })
	}
}
