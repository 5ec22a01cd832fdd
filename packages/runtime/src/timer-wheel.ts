import type { Clock, TimerHandle } from './clock.ts'

/** Width of the finest slot unless said otherwise: how much later than asked an id may fall due, milliseconds. */
const DEFAULT_TICK_MS = 8
const SLOT_BITS = 8
const SLOTS = 2 ** SLOT_BITS
/** Four levels of 256 slots of 8 ms reach 397 days; what lies beyond waits in the last slot and is placed anew from there. */
const LEVELS = 4
const FURTHEST_TICKS = 2 ** (SLOT_BITS * LEVELS) - 1
const NOWHERE = -1
/** Numbers of a row, as instants and as links; the instant is the first of the one, these follow it in the other. */
const INSTANTS = 3
const LINKS = 6
const NEXT = 2
const PREVIOUS = 3
const PLACE = 4

/**
 * Instants of very many numbered things with one timer of the platform: a hierarchical timer wheel. Setting and
 * clearing cost the same however many wait. Ids are small whole numbers, as they index a flat array of 24 bytes each.
 */
export class TimerWheel {
	readonly #clock: Clock
	readonly #onDue: (id: number, lateMs: number) => void
	readonly #startMs: number
	readonly #tickMs: number
	readonly #heads = new Int32Array(LEVELS * SLOTS).fill(NOWHERE)
	readonly #used = new Int32Array(LEVELS)
	/** A row for each id, so that it is found in one place of the memory: its instant, its neighbours in the slot, its slot. */
	#instants = new Float64Array(0)
	#links = new Int32Array(0)
	#size = 0
	/** Every slot up to this tick has been emptied. */
	#tick = 0
	#timer: TimerHandle | undefined
	#armedTick = Number.POSITIVE_INFINITY

	/**
	 * `onDue` is told how long after its instant an id is served. It may set and clear ids. A wider tick serves more of them
	 * at a time, and wakes the process less often.
	 */
	constructor(clock: Clock, onDue: (id: number, lateMs: number) => void, tickMs = DEFAULT_TICK_MS) {
		this.#tickMs = tickMs
		this.#clock = clock
		this.#onDue = onDue
		this.#startMs = clock.now()
	}

	/** Ids that wait. */
	get size(): number {
		return this.#size
	}

	/** Makes `id` due at that instant (epoch ms) in place of any other; never served before it. */
	set(id: number, dueAtMs: number): void {
		if (id >= this.#length) this.#grow(id + 1)
		if (this.#size === 0) this.#tick = Math.max(this.#tick, this.#ticksNow())
		if (this.#links[id * LINKS + PLACE] !== NOWHERE) {
			if (this.#instants[id * INSTANTS] === dueAtMs) return
			this.#unlink(id)
		}
		this.#instants[id * INSTANTS] = dueAtMs
		const tick = this.#link(id)
		if (tick < this.#armedTick) this.#arm(tick)
	}

	clear(id: number): void {
		if (id < this.#length && this.#links[id * LINKS + PLACE] !== NOWHERE) this.#unlink(id)
	}

	close(): void {
		this.#disarm()
		this.#heads.fill(NOWHERE)
		this.#links.fill(NOWHERE)
		this.#used.fill(0)
		this.#size = 0
	}

	/** Puts the id where its instant belongs, and returns the tick at which that slot must be looked at. */
	#link(id: number): number {
		const wanted = Math.ceil(((this.#instants[id * INSTANTS] as number) - this.#startMs) / this.#tickMs)
		const tick = Math.min(Math.max(wanted, this.#tick + 1), this.#tick + FURTHEST_TICKS)
		const level = levelOf(tick, this.#tick)
		const turn = Math.floor(tick / widthOf(level))
		const place = level * SLOTS + (turn % SLOTS)
		this.#push(id, place)
		return turn * widthOf(level)
	}

	#unlink(id: number): void {
		const links = this.#links
		const row = id * LINKS
		const place = links[row + PLACE] as number
		const next = links[row + NEXT] as number
		const previous = links[row + PREVIOUS] as number
		if (next !== NOWHERE) links[next * LINKS + PREVIOUS] = previous
		if (previous === NOWHERE) this.#heads[place] = next
		else links[previous * LINKS + NEXT] = next
		links[row + PLACE] = NOWHERE
		this.#count(place, -1)
	}

	#fire(): void {
		this.#timer = undefined
		this.#armedTick = Number.POSITIVE_INFINITY
		const until = this.#ticksNow()
		while (this.#tick < until && this.#size > 0) this.#advance(until)
		if (this.#size === 0) this.#tick = Math.max(this.#tick, until)
		else if (this.#armedTick === Number.POSITIVE_INFINITY) this.#arm(this.#nextTick())
	}

	/** Goes on to the next tick at which anything can happen, at most to `until`. */
	#advance(until: number): void {
		const boundary = this.#boundary()
		this.#tick = this.#used[0] === 0 ? Math.min(boundary, until) : this.#tick + 1
		if (this.#tick % SLOTS === 0) this.#cascade()
		this.#serve(this.#tick % SLOTS)
	}

	/** Places anew what waits in the slots that begin with this tick, from the coarsest level down. */
	#cascade(): void {
		for (let level = LEVELS - 1; level > 0; level--) {
			if (this.#tick % widthOf(level) !== 0) continue
			const place = level * SLOTS + ((this.#tick / widthOf(level)) % SLOTS)
			for (let id = this.#heads[place] as number; id !== NOWHERE; id = this.#heads[place] as number) {
				this.#unlink(id)
				this.#replace(id)
			}
		}
	}

	#replace(id: number): void {
		const wanted = Math.ceil(((this.#instants[id * INSTANTS] as number) - this.#startMs) / this.#tickMs)
		// The slot of this very tick is served right after the cascade.
		if (wanted <= this.#tick) this.#push(id, this.#tick % SLOTS)
		else this.#link(id)
	}

	#push(id: number, place: number): void {
		const head = this.#heads[place] as number
		const links = this.#links
		const row = id * LINKS
		links[row + NEXT] = head
		links[row + PREVIOUS] = NOWHERE
		if (head !== NOWHERE) links[head * LINKS + PREVIOUS] = id
		this.#heads[place] = id
		links[row + PLACE] = place
		this.#count(place, 1)
	}

	#count(place: number, change: 1 | -1): void {
		const level = place >>> SLOT_BITS
		this.#used[level] = (this.#used[level] as number) + change
		this.#size += change
	}

	#ticksNow(): number {
		return Math.floor((this.#clock.now() - this.#startMs) / this.#tickMs)
	}

	/** The first tick of the next turn of the finest level. */
	#boundary(): number {
		return (Math.floor(this.#tick / SLOTS) + 1) * SLOTS
	}

	#serve(slot: number): void {
		const now = this.#clock.now()
		for (let id = this.#heads[slot] as number; id !== NOWHERE; id = this.#heads[slot] as number) {
			this.#unlink(id)
			this.#onDue(id, Math.max(0, now - (this.#instants[id * INSTANTS] as number)))
		}
	}

	#nextTick(): number {
		const boundary = this.#boundary()
		if (this.#used[0] === 0) return boundary
		for (let tick = this.#tick + 1; tick < boundary; tick++) {
			if (this.#heads[tick % SLOTS] !== NOWHERE) return tick
		}
		return boundary
	}

	#arm(tick: number): void {
		this.#disarm()
		this.#armedTick = tick
		const delayMs = this.#startMs + tick * this.#tickMs - this.#clock.now()
		// Timers of the platform hold 31 bits of milliseconds; a longer wait is armed again on the way.
		this.#timer = this.#clock.setTimer(Math.min(Math.max(0, delayMs), 2 ** 31 - 1), () => this.#fire())
	}

	#disarm(): void {
		if (this.#timer !== undefined) this.#clock.clearTimer(this.#timer)
		this.#timer = undefined
		this.#armedTick = Number.POSITIVE_INFINITY
	}

	/** Ids that there is room for. */
	get #length(): number {
		return this.#instants.length / INSTANTS
	}

	#grow(least: number): void {
		const length = Math.max(least, Math.ceil(this.#length * 1.25), 64)
		const memory = new ArrayBuffer(length * LINKS * Int32Array.BYTES_PER_ELEMENT)
		const links = new Int32Array(memory).fill(NOWHERE, this.#links.length)
		links.set(this.#links)
		this.#links = links
		this.#instants = new Float64Array(memory)
	}
}

/** The finest level whose one turn, counted from its present slot, holds the tick. */
function levelOf(tick: number, now: number): number {
	for (let level = 0; level < LEVELS - 1; level++) {
		if (Math.floor(tick / widthOf(level)) - Math.floor(now / widthOf(level)) < SLOTS) return level
	}
	return LEVELS - 1
}

/** Ticks that one slot of the level spans. */
function widthOf(level: number): number {
	return 2 ** (SLOT_BITS * level)
}
