import { type RegistrationStatus, UNANSWERED } from '@vigil/domain'
import { type Clock, TimerWheel } from '@vigil/runtime'
import type { Upstream } from '../upstream/upstream.ts'
import type { InFlightRegister } from './in-flight-registers.ts'

/** RFC 3261 17.1.2.2, 64*T1: when a server that says nothing is given up. */
export const GIVEN_UP_AFTER_MS = 32_000
const TICK_MS = 100

/** What of a turn says how long it took, and whether SIP servers have answered at every address that it may have gone to. */
type Attempt = Pick<InFlightRegister, 'beganAtMs'> & { readonly upstream: Pick<Upstream, 'isKnown'> | undefined }

/**
 * A failure at an address where no SIP server has ever answered is shown when one that says nothing would have been given up, with
 * the times of that: how long it took would tell a closed port from an open one (ADR 19). What is done goes on meanwhile.
 */
export class EvenFailures {
	readonly #clock: Clock
	readonly #afterMs: number
	/** When the failure of a slot is, or was, first shown; as long as it fails so. */
	readonly #shownFrom = new Map<number, number>()
	readonly #wheel: TimerWheel

	constructor(clock: Clock, report: (slot: number) => void, afterMs: number = GIVEN_UP_AFTER_MS) {
		this.#clock = clock
		this.#afterMs = afterMs
		this.#wheel = new TimerWheel(clock, (slot) => report(slot), TICK_MS)
	}

	/** The state of a slot has changed: whether that is told now, or later by `report`. */
	mayTell(slot: number, status: RegistrationStatus, attempt: Attempt | undefined): boolean {
		const known = this.#shownFrom.get(slot)
		if (!isUnanswered(status) || (known === undefined && (attempt?.upstream?.isKnown ?? true))) {
			if (known !== undefined) this.forget(slot)
			return true
		}
		const fromMs = known ?? (attempt?.beganAtMs ?? 0) + this.#afterMs
		if (known === undefined) this.#shownFrom.set(slot, fromMs)
		if (fromMs <= this.#clock.now()) return true
		this.#wheel.set(slot, fromMs)
		return false
	}

	/** The status as it is shown now. */
	shown(slot: number, status: RegistrationStatus): RegistrationStatus {
		if (this.#shownFrom.size === 0) return status
		const fromMs = this.#shownFrom.get(slot)
		if (fromMs === undefined || !isUnanswered(status)) return status
		const { nextAttemptMs: _next, reason, ...rest } = status
		if (fromMs <= this.#clock.now()) return { ...rest, sinceMs: fromMs, ...(reason === undefined ? {} : { reason }) }
		return { ...rest, state: 'registering', sinceMs: fromMs - this.#afterMs }
	}

	forget(slot: number): void {
		this.#wheel.clear(slot)
		this.#shownFrom.delete(slot)
	}

	close(): void {
		this.#wheel.close()
	}
}

function isUnanswered({ state, reason, sipStatus }: RegistrationStatus): boolean {
	return state === 'failing' && reason === UNANSWERED && sipStatus === undefined
}
