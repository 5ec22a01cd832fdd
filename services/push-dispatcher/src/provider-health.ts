import type { PushApp, PushAppId, PushOutcome } from '@vigil/domain'
import type { Clock, HealthResult } from '@vigil/runtime'

interface Trouble {
	readonly provider: string
	readonly appName: string
	readonly what: string
	readonly sinceMs: number
	readonly lastMs: number
	readonly times: number
}

/** An app that was not pushed through for so long says nothing about now. */
const FORGOTTEN_AFTER_MS = 15 * 60_000
/** So many are named; the rest are counted. */
const NAMED = 3

/**
 * What the last requests through each push app tell of the providers: degraded while one is unreachable, failing, or set
 * up wrongly. An answer about the token alone shows that the provider is well.
 */
export class ProviderHealth {
	readonly #clock: Clock
	readonly #troubles = new Map<PushAppId, Trouble>()

	constructor(clock: Clock) {
		this.#clock = clock
	}

	noted(app: PushApp, outcome: PushOutcome): void {
		const what = troubleOf(outcome)
		if (what === undefined) {
			if (outcome.kind !== 'expired') this.#troubles.delete(app.id)
			return
		}
		const lastMs = this.#clock.now()
		const before = this.#troubles.get(app.id)
		this.#troubles.set(app.id, {
			provider: app.settings.provider,
			appName: app.name,
			what,
			lastMs,
			sinceMs: before?.sinceMs ?? lastMs,
			times: (before?.times ?? 0) + 1,
		})
	}

	check(): HealthResult {
		const nowMs = this.#clock.now()
		for (const [id, { lastMs }] of this.#troubles) if (nowMs - lastMs > FORGOTTEN_AFTER_MS) this.#troubles.delete(id)
		const troubles = [...this.#troubles.values()]
		if (troubles.length === 0) return { ok: true }
		const named = troubles.slice(0, NAMED).map((trouble) => sentence(trouble, nowMs))
		const rest = troubles.length > NAMED ? [`and ${troubles.length - NAMED} more push apps`] : []
		return { ok: false, detail: [...named, ...rest].join('; ') }
	}
}

function troubleOf({ kind, reason, providerStatus }: PushOutcome): string | undefined {
	const why = [providerStatus, reason].filter((part) => part !== undefined).join(' ') || 'no reason given'
	if (kind === 'misconfigured') return `misconfigured (${why})`
	if (kind !== 'retry') return undefined
	return providerStatus === undefined ? `unreachable (${why})` : `failing (${why})`
}

function sentence({ provider, appName, what, sinceMs, times }: Trouble, nowMs: number): string {
	const seconds = Math.round((nowMs - sinceMs) / 1000)
	return `${provider} for push app ${appName}: ${what}, ${times} in a row over ${seconds} s`
}
