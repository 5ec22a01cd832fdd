import type { Clock, TimerHandle } from '@vigil/runtime'

interface Entry<Key> {
	readonly key: Key
	readonly dueAtMs: number
}

/**
 * Many instants, one timer: a binary heap of (key, due). Setting a key again supersedes its older entry,
 * which is dropped when it comes to the top.
 */
export class DueQueue<Key> {
	readonly #clock: Clock
	readonly #onDue: (key: Key) => void
	readonly #heap: Entry<Key>[] = []
	readonly #current = new Map<Key, number>()
	#timer: TimerHandle | undefined
	#armedFor = Number.POSITIVE_INFINITY

	constructor(clock: Clock, onDue: (key: Key) => void) {
		this.#clock = clock
		this.#onDue = onDue
	}

	/** Keys that wait. */
	get size(): number {
		return this.#current.size
	}

	/** Sets when `key` is due, epoch ms; 0 forgets it. */
	set(key: Key, dueAtMs: number): void {
		if (dueAtMs === 0) {
			this.#current.delete(key)
			return
		}
		if (this.#current.get(key) === dueAtMs) return
		this.#current.set(key, dueAtMs)
		this.#push({ key, dueAtMs })
		this.#arm()
	}

	close(): void {
		this.#current.clear()
		this.#heap.length = 0
		this.#disarm()
	}

	#fire(): void {
		this.#timer = undefined
		this.#armedFor = Number.POSITIVE_INFINITY
		const now = this.#clock.now()
		for (let top = this.#heap[0]; top && top.dueAtMs <= now; top = this.#heap[0]) {
			this.#pop()
			if (this.#current.get(top.key) !== top.dueAtMs) continue
			this.#current.delete(top.key)
			this.#onDue(top.key)
		}
		this.#arm()
	}

	#arm(): void {
		const top = this.#heap[0]
		if (!top || top.dueAtMs >= this.#armedFor) return
		this.#disarm()
		this.#armedFor = top.dueAtMs
		// Timers of the platform hold 31 bits of milliseconds; a longer wait is armed again on the way.
		const delay = Math.min(Math.max(0, top.dueAtMs - this.#clock.now()), 2 ** 31 - 1)
		this.#timer = this.#clock.setTimer(delay, () => this.#fire())
	}

	#disarm(): void {
		if (this.#timer !== undefined) this.#clock.clearTimer(this.#timer)
		this.#timer = undefined
		this.#armedFor = Number.POSITIVE_INFINITY
	}

	#push(entry: Entry<Key>): void {
		const heap = this.#heap
		let index = heap.push(entry) - 1
		while (index > 0) {
			const parent = (index - 1) >> 1
			const above = heap[parent] as Entry<Key>
			if (above.dueAtMs <= entry.dueAtMs) break
			heap[index] = above
			index = parent
		}
		heap[index] = entry
	}

	#pop(): void {
		const heap = this.#heap
		const last = heap.pop()
		if (last === undefined || heap.length === 0) return
		let index = 0
		for (;;) {
			const child = this.#smallerChild(index)
			const below = heap[child]
			if (!below || below.dueAtMs >= last.dueAtMs) break
			heap[index] = below
			index = child
		}
		heap[index] = last
	}

	#smallerChild(index: number): number {
		const left = 2 * index + 1
		const a = this.#heap[left]
		const b = this.#heap[left + 1]
		return a && b && b.dueAtMs < a.dueAtMs ? left + 1 : left
	}
}
