import type { Clock } from './clock.ts'

export interface HealthResult {
	readonly ok: boolean
	/** It works, but not as it should. */
	readonly degraded?: boolean
	/** Plain words for an operator; no secrets. */
	readonly detail?: string
}

export type HealthCheck = () => HealthResult | Promise<HealthResult>

/** `ready` all well; `degraded` all that is critical works, but something is not as it should be; `not-ready` a critical one fails, or the process drains. */
export interface Readiness {
	readonly status: 'ready' | 'degraded' | 'not-ready'
	readonly checks: Readonly<Record<string, HealthResult & { readonly critical: boolean }>>
}

interface Entry {
	readonly critical: boolean
	readonly check: HealthCheck
}

const CHECK_DEADLINE_MS = 1_000

/** What the parts of a process say about the work they can do; read by `/readyz`. */
export class HealthRegistry {
	readonly #clock: Clock
	readonly #entries = new Map<string, Entry>()
	#draining = false

	constructor(clock: Clock) {
		this.#clock = clock
	}

	/** A check without which no work is possible; returns what removes it. Throws when the name is taken. */
	addCritical(name: string, check: HealthCheck): () => void {
		return this.#add(name, { critical: true, check })
	}

	/** A check that is shown, and makes the process `degraded` at most; returns what removes it. */
	addInformative(name: string, check: HealthCheck): () => void {
		return this.#add(name, { critical: false, check })
	}

	/** From now on the process is not ready, whatever the checks say: it takes no new work. */
	drain(): void {
		this.#draining = true
	}

	/** Runs all checks at once. A check that throws, or takes longer than a second, has failed. Never throws. */
	async ready(): Promise<Readiness> {
		const results = await Promise.all([...this.#entries].map(([name, entry]) => this.#run(name, entry)))
		const failed = results.filter(([, result]) => !result.ok || result.degraded)
		const notReady = this.#draining || failed.some(([, result]) => result.critical && !result.ok)
		const checks = Object.fromEntries(results)
		if (this.#draining) checks.draining = { ok: false, critical: true, detail: 'the process is stopping' }
		return { status: notReady ? 'not-ready' : failed.length > 0 ? 'degraded' : 'ready', checks }
	}

	#add(name: string, entry: Entry): () => void {
		if (this.#entries.has(name)) throw new Error(`there is a health check named ${name} already`)
		this.#entries.set(name, entry)
		return () => {
			if (this.#entries.get(name) === entry) this.#entries.delete(name)
		}
	}

	async #run(name: string, entry: Entry): Promise<[string, HealthResult & { critical: boolean }]> {
		const { promise: late, resolve } = Promise.withResolvers<HealthResult>()
		const timer = this.#clock.setTimer(CHECK_DEADLINE_MS, () =>
			resolve({ ok: false, detail: `no answer within ${CHECK_DEADLINE_MS} ms` }),
		)
		const result = await Promise.race([attempt(entry.check), late])
		this.#clock.clearTimer(timer)
		return [name, { ...result, critical: entry.critical }]
	}
}

async function attempt(check: HealthCheck): Promise<HealthResult> {
	try {
		return await check()
	} catch (error) {
		return { ok: false, detail: error instanceof Error ? error.message : String(error) }
	}
}
