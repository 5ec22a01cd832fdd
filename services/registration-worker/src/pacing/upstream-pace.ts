import { type Rate, TokenBucket } from '@vigil/domain'
import { SlotQueue } from './slot-queue.ts'

/** In the order in which they are served: a device waits for it; a binding runs out; nobody waits. */
export const URGENT = 0
export const REFRESH = 1
export const COLD = 2
export type Urgency = typeof URGENT | typeof REFRESH | typeof COLD

const FIRST_WINDOW = 32
const LEAST_WINDOW = 8
/** A window shrinks at most this often: what comes back together is one sign. */
const SHRINK_EVERY_MS = 1000
/** Copies over a way that is as slow as this at the best of times are no sign of a burst of ours. */
const SLOW_WAY_MS = 400
/** After a refusal in a pause the next urgent account waits as long. */
const TRIAL_EVERY_MS = 2000
/** So many 503 with Retry-After in so short a time speak of the whole server. */
const REFUSALS = 5
const REFUSALS_WITHIN_MS = 10_000

/** So many a second, evenly: what was not used is kept for a tenth of a second, not more. */
export function evenly(perSecond: number): Rate {
	return { perSecond, burst: Math.max(1, perSecond / 10) }
}

/**
 * How much one upstream server is asked at a time: a window of accounts in flight that grows with answers and halves on
 * signs of overload (as TCP does), a rate, and a pause where the server asked for one.
 */
export class UpstreamPace {
	readonly queues: readonly SlotQueue[] = [new SlotQueue(), new SlotQueue(), new SlotQueue()]
	readonly bucket: TokenBucket
	readonly #mostInFlight: number
	inFlight = 0
	pausedUntilMs = 0
	/** In the pacer's ring of those that have something to do, the one that comes after; undefined where it has nothing. */
	follower: UpstreamPace | undefined
	#window: number
	#shrunkAtMs = 0
	#bestResponseMs = Number.POSITIVE_INFINITY
	#refusedAtMs: number[] = []
	#trialAtMs = 0

	constructor(mostInFlight: number, perSecond: number) {
		this.bucket = new TokenBucket(evenly(perSecond))
		this.#mostInFlight = mostInFlight
		this.#window = Math.min(FIRST_WINDOW, mostInFlight)
	}

	get window(): number {
		return this.#window
	}

	get waiting(): number {
		let sum = 0
		for (const queue of this.queues) sum += queue.size
		return sum
	}

	/**
	 * Whether an account of that urgency may go now. Urgent ones take twice the window and run the rate into debt. A pause is a
	 * hint of the server's: one urgent account at a time may see whether it still holds.
	 */
	admits(urgency: Urgency, nowMs: number): boolean {
		if (nowMs < this.pausedUntilMs) return urgency === URGENT && this.inFlight === 0 && nowMs >= this.#trialAtMs
		if (urgency === URGENT) return this.inFlight < 2 * this.#window
		return this.inFlight < this.#window && this.bucket.has(nowMs)
	}

	/** Milliseconds until the pause lets an urgent account try, or ends. */
	pauseMs(nowMs: number): number {
		if (nowMs >= this.pausedUntilMs) return 0
		const untilMs =
			(this.queues[URGENT]?.size ?? 0) > 0 ? Math.min(this.#trialAtMs, this.pausedUntilMs) : this.pausedUntilMs
		return Math.max(0, untilMs - nowMs)
	}

	/** Somebody was accepted: a pause is over. */
	recovered(): void {
		if (this.pausedUntilMs !== 0) this.pausedUntilMs = 0
	}

	/** An answer came, so long after its request. */
	responded(tookMs: number): void {
		this.#bestResponseMs = Math.min(this.#bestResponseMs, tookMs)
		if (this.#window < this.#mostInFlight) this.#window++
	}

	/** A request had to be repeated, or was never answered. */
	late(nowMs: number): void {
		if (this.#bestResponseMs >= SLOW_WAY_MS && this.#bestResponseMs !== Number.POSITIVE_INFINITY) return
		if (nowMs - this.#shrunkAtMs < SHRINK_EVERY_MS) return
		this.#shrunkAtMs = nowMs
		this.#window = Math.max(Math.min(LEAST_WINDOW, this.#mostInFlight), Math.floor(this.#window / 2))
	}

	/** 503 with Retry-After: when it comes to many, everybody waits. True when this one made it so. */
	refused(nowMs: number, retryAfterMs: number): boolean {
		this.late(nowMs)
		this.#trialAtMs = nowMs + TRIAL_EVERY_MS
		this.#refusedAtMs = [...this.#refusedAtMs.filter((atMs) => nowMs - atMs < REFUSALS_WITHIN_MS), nowMs]
		if (this.#refusedAtMs.length < REFUSALS) return false
		this.#refusedAtMs = []
		this.#window = Math.min(LEAST_WINDOW, this.#mostInFlight)
		this.pausedUntilMs = Math.max(this.pausedUntilMs, nowMs + retryAfterMs)
		return true
	}
}
