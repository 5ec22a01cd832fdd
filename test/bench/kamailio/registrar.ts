import type { Cores } from '../run/cores.ts'
import { progress } from '../run/progress.ts'
import type { RunScope } from '../run/run-scope.ts'
import { type KamailioProcess, startKamailio } from './kamailio-process.ts'

export const REALM = 'bench.test'

/** What the registrar has counted since it started. */
export interface RegistrarCounts {
	/** REGISTERs received, challenged and repeated ones included. */
	readonly received: number
	/** REGISTERs that bound a contact. */
	readonly accepted: number
	/** Contacts bound now. */
	readonly bound: number
}

export interface RegistrarOptions {
	/** How many it must have room for. */
	readonly accounts: number
	/** Everybody's. */
	readonly password: string
	readonly cores: Cores
	/** A free one unless given. */
	readonly port?: number
	/** It grants no longer Expires; two hours unless given. */
	readonly maxExpiresSeconds?: number
}

const LONGEST_EXPIRES_SECONDS = 7_200
const BASE_MEGABYTES = 128
/** Of a user with one contact, with room to spare. */
const BYTES_PER_USER = 3072
const POLL_MS = 20

/** The SIP server that accounts are registered at, as its own statistics see them. */
export class Registrar {
	readonly #kamailio: KamailioProcess

	private constructor(kamailio: KamailioProcess) {
		this.#kamailio = kamailio
	}

	static async start(scope: RunScope, options: RegistrarOptions): Promise<Registrar> {
		const { accounts, password, cores, port, maxExpiresSeconds = LONGEST_EXPIRES_SECONDS } = options
		return new Registrar(
			await startKamailio(scope, {
				config: './registrar.cfg',
				values: { PASSWORD: password, REALM, MAX_EXPIRES: String(maxExpiresSeconds) },
				side: 'server',
				cores,
				...(port === undefined ? {} : { port }),
				sharedMegabytes: BASE_MEGABYTES + Math.ceil((accounts * BYTES_PER_USER) / 2 ** 20),
			}),
		)
	}

	get port(): number {
		return this.#kamailio.port
	}

	/** Domain of the accounts. */
	get domain(): string {
		return `127.0.0.1:${this.port}`
	}

	async counts(): Promise<RegistrarCounts> {
		const lines = await this.#kamailio.rpc.call<string[]>('stats.get_statistics', ['core:', 'registrar:', 'usrloc:'])
		const values = new Map(lines.map((line) => line.split(' = ') as [string, string]))
		const value = (name: string) => Number(values.get(name) ?? 0)
		return {
			received: value('core:rcv_requests_register'),
			accepted: value('registrar:accepted_regs'),
			bound: value('usrloc:location_contacts'),
		}
	}

	/** Asks until the counts are as wanted; undefined when they are not within the time. */
	async until(
		what: string,
		reached: (counts: RegistrarCounts) => boolean,
		withinMs: number,
	): Promise<RegistrarCounts | undefined> {
		const startedAt = performance.now()
		let saidAt = startedAt
		for (;;) {
			const counts = await this.counts()
			if (reached(counts)) return counts
			const now = performance.now()
			if (now - startedAt > withinMs) return undefined
			if (now - saidAt > 5_000) {
				saidAt = now
				progress(`waiting until ${what}: ${counts.bound} bound, ${counts.accepted} accepted`)
			}
			await new Promise((resolve) => setTimeout(resolve, POLL_MS))
		}
	}

	stop(): Promise<void> {
		return this.#kamailio.stop()
	}
}
