import { TokenBucket } from '@vigil/domain'
import type { Clock, TimerHandle } from '@vigil/runtime'
import { type AimLimits, aimLimits, DEFAULT_AIM_PER_SECOND } from './aimed-servers.ts'
import { TurnRing } from './turn-ring.ts'
import { COLD, evenly, REFRESH, UpstreamPace, URGENT, type Urgency } from './upstream-pace.ts'

/** How many accounts may be on their way at a time, and begin in a second. */
export interface PacingLimits {
	readonly inFlight: number
	readonly perSecond: number
	readonly inFlightPerUpstream: number
	readonly perSecondPerUpstream: number
	/** For a tenant at servers that have accepted none of its REGISTERs. */
	readonly aimed: AimLimits
}

export const DEFAULT_PACING: PacingLimits = {
	inFlight: 2000,
	perSecond: 16_000,
	inFlightPerUpstream: 256,
	perSecondPerUpstream: 8000,
	aimed: aimLimits(DEFAULT_AIM_PER_SECOND.server, DEFAULT_AIM_PER_SECOND.tenant),
}

/** Starts what the account is due; false when that sent nothing, so that its place is free at once. */
export type Start = (slot: number, upstream: UpstreamPace, nowMs: number, urgency: Urgency) => boolean

const ORDER: readonly Urgency[] = [URGENT, REFRESH, COLD]
/** Waits for tokens are rounded up to this: many go at a time, as each time costs a wake-up and caches that grew cold. */
const LEAST_WAIT_MS = 40

/**
 * Decides when accounts may send: upstream servers take turns, and within one the urgent go first, then refreshes, then
 * those that were never bound. A place is held from the first request to the last answer of one account's turn.
 */
export class Pacer {
	readonly #clock: Clock
	readonly #limits: PacingLimits
	readonly #start: Start
	readonly #bucket: TokenBucket
	/** Urgency + 1 by slot while it waits. */
	#queued = new Uint8Array(1024)
	/** Upstreams with something in a queue. */
	readonly #turns = new TurnRing()
	#inFlight = 0
	#waiting = 0
	#timer: TimerHandle | undefined
	#pumping = false
	/** The instant of the present round: a look at the clock for every account is dear. */
	#roundAtMs = 0

	constructor(clock: Clock, limits: PacingLimits, start: Start) {
		this.#clock = clock
		this.#limits = limits
		this.#start = start
		this.#bucket = new TokenBucket(evenly(limits.perSecond))
	}

	get inFlight(): number {
		return this.#inFlight
	}

	get waiting(): number {
		return this.#waiting
	}

	upstream(): UpstreamPace {
		return new UpstreamPace(this.#limits.inFlightPerUpstream, this.#limits.perSecondPerUpstream)
	}

	/** Lets the account go as soon as it may; waiting already, it keeps its place or gets a better one. */
	request(slot: number, upstream: UpstreamPace, urgency: Urgency): void {
		const before = this.#queued[slot] ?? 0
		if (before !== 0 && before <= urgency + 1) return
		if (before === 0) this.#waiting++
		this.#mark(slot, urgency + 1)
		upstream.queues[urgency]?.push(slot)
		this.#turns.add(upstream)
		// Who asks while a round is at work must not be started at an instant before.
		if (this.#pumping) this.#roundAtMs = this.#clock.now()
		else this.#pump()
	}

	/** The account does not want to go any more. */
	withdraw(slot: number): void {
		if ((this.#queued[slot] ?? 0) === 0) return
		this.#waiting--
		this.#mark(slot, 0)
	}

	/** One more request of a turn that is under way: it goes at once, and others the later. */
	followed(upstream: UpstreamPace, nowMs: number): void {
		upstream.bucket.reserve(nowMs)
		this.#bucket.reserve(nowMs)
	}

	/** The turn of an account that `start` had begun is over. */
	done(upstream: UpstreamPace): void {
		this.#inFlight--
		upstream.inFlight--
		if (this.#turns.size > 0) this.#pump()
	}

	close(): void {
		if (this.#timer !== undefined) this.#clock.clearTimer(this.#timer)
		while (this.#turns.size > 0) this.#turns.removeCurrent()
	}

	/** Starts all that may start. What it starts may ask for more; that is seen in the same round. */
	#pump(): void {
		if (this.#pumping) return
		this.#pumping = true
		try {
			this.#roundAtMs = this.#clock.now()
			let idle = 0
			for (let one = this.#turns.current; one && idle < this.#turns.size; one = this.#turns.current) {
				idle = this.#startOne(one) ? 0 : idle + 1
				if (one.waiting > 0) this.#turns.turn()
				else this.#turns.removeCurrent()
			}
		} finally {
			this.#pumping = false
		}
		this.#arm()
	}

	#startOne(upstream: UpstreamPace): boolean {
		const now = this.#roundAtMs
		for (const urgency of ORDER) {
			if (!this.#admits(upstream, urgency, now)) continue
			const slot = this.#take(upstream, urgency)
			if (slot === undefined) continue
			upstream.bucket.reserve(now)
			this.#bucket.reserve(now)
			upstream.inFlight++
			this.#inFlight++
			if (!this.#start(slot, upstream, now, urgency)) {
				upstream.bucket.giveBack(1)
				this.#bucket.giveBack(1)
				upstream.inFlight--
				this.#inFlight--
			}
			return true
		}
		return false
	}

	#admits(upstream: UpstreamPace, urgency: Urgency, nowMs: number): boolean {
		if (!upstream.admits(urgency, nowMs)) return false
		return urgency === URGENT || (this.#inFlight < this.#limits.inFlight && this.#bucket.has(nowMs))
	}

	/** The next of that urgency; places that were given up or changed for better ones are passed over. */
	#take(upstream: UpstreamPace, urgency: Urgency): number | undefined {
		for (;;) {
			const slot = upstream.queues[urgency]?.shift()
			if (slot === undefined) return undefined
			if (this.#queued[slot] !== urgency + 1) continue
			this.#mark(slot, 0)
			this.#waiting--
			return slot
		}
	}

	/** Wakes when time alone will let somebody go; otherwise the end of a turn does. */
	#arm(): void {
		if (this.#timer !== undefined || this.#turns.size === 0) return
		const now = this.#clock.now()
		let waitMs = Number.POSITIVE_INFINITY
		for (const upstream of this.#turns.all()) {
			const wait = Math.max(upstream.pauseMs(now), upstream.bucket.waitMs(now), this.#bucket.waitMs(now))
			if (wait > 0) waitMs = Math.min(waitMs, wait)
		}
		if (waitMs === Number.POSITIVE_INFINITY) return
		this.#timer = this.#clock.setTimer(Math.max(waitMs, LEAST_WAIT_MS), () => {
			this.#timer = undefined
			this.#pump()
		})
	}

	#mark(slot: number, value: number): void {
		if (slot >= this.#queued.length) {
			const larger = new Uint8Array(Math.max(slot + 1, this.#queued.length * 2))
			larger.set(this.#queued)
			this.#queued = larger
		}
		this.#queued[slot] = value
	}
}
