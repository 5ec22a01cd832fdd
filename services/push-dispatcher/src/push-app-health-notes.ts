import {
	BoundedMap,
	type PushApp,
	type PushAppId,
	type PushAppOutcome,
	type PushAppStore,
	type PushOutcome,
} from '@vigil/domain'
import type { Clock } from '@vigil/runtime'

/** What stays the same is written once in so long, milliseconds. */
const WRITTEN_EVERY_MS = 30_000
/** Apps that are remembered; one that was forgotten costs a write. */
const REMEMBERED = 10_000

interface Noted {
	readonly state: PushAppOutcome['state']
	readonly writtenAtMs: number
	/** Since the last write. */
	readonly failures: number
}

/**
 * Tells the tenant of each push app how its pushes fare: news at once, what goes on as it was from time to time. An answer about
 * the token alone shows that app and provider are well. It is the tenant's own affair, and nobody else sees it.
 */
export class PushAppHealthNotes {
	readonly #store: Pick<PushAppStore, 'noteOutcome'>
	readonly #clock: Clock
	readonly #noted = new BoundedMap<PushAppId, Noted>(REMEMBERED)

	constructor(store: Pick<PushAppStore, 'noteOutcome'>, clock: Clock) {
		this.#store = store
		this.#clock = clock
	}

	/** Takes down what became of a push; the promise of the writing where something is to be written. */
	noted(app: PushApp, outcome: PushOutcome): Promise<void> | undefined {
		if (outcome.kind === 'expired') return undefined
		const isFailure = outcome.kind === 'misconfigured' || outcome.kind === 'retry'
		const state = isFailure ? 'failing' : 'working'
		const before = this.#noted.get(app.id)
		const isNews = before?.state !== state
		const nowMs = this.#clock.now()
		const failures = (isNews ? 0 : before.failures) + (isFailure ? 1 : 0)
		if (!isNews && nowMs - before.writtenAtMs < WRITTEN_EVERY_MS) {
			this.#noted.set(app.id, { ...before, failures })
			return undefined
		}
		this.#noted.set(app.id, { state, writtenAtMs: nowMs, failures: 0 })
		const atMs = this.#clock.wall()
		return this.#store.noteOutcome(
			app,
			isFailure ? { state: 'failing', atMs, failures, ...failureOf(outcome) } : { state: 'working', atMs },
		)
	}
}

function failureOf({ kind, providerStatus, reason }: PushOutcome) {
	const failure =
		kind === 'misconfigured' ? 'misconfigured' : providerStatus === undefined ? 'unreachable' : 'provider-failing'
	return {
		failure,
		...(reason === undefined ? {} : { reason }),
		...(providerStatus === undefined ? {} : { providerStatus }),
	} as const
}
