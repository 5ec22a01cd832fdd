const DEFAULT_DEADLINE_MS = 30_000

export interface WaitOptions {
	/** Limit in real milliseconds; default 30 000, for a loaded machine. */
	readonly deadlineMs?: number
	/** What is being waited for; shown on failure. */
	readonly what?: string
}

interface Waiter<T> {
	readonly matches: (item: T) => boolean
	readonly resolve: (item: T) => void
}

/** Everything that arrived, in order, and a way to wait for what has not arrived yet. */
export class Mailbox<T> {
	readonly items: T[] = []
	readonly #describe: (item: T) => string
	#waiters: Waiter<T>[] = []
	#taken = 0

	/** `describe` names an item in the failure of a wait. */
	constructor(describe: (item: T) => string = String) {
		this.#describe = describe
	}

	push(item: T): void {
		this.items.push(item)
		for (const waiter of this.#waiters.filter(({ matches }) => matches(item))) waiter.resolve(item)
	}

	/**
	 * The first item that matches, of those that are there or else of those to come.
	 *
	 * @throws Error at the deadline, listing what did arrive.
	 */
	waitFor(matches: (item: T) => boolean = () => true, options: WaitOptions = {}): Promise<T> {
		const present = this.items.find(matches)
		return present === undefined ? this.#wait(matches, options) : Promise.resolve(present)
	}

	/**
	 * The items one after the other: each call gives the one behind that of the call before.
	 *
	 * @throws Error at the deadline, listing what did arrive.
	 */
	next(options: WaitOptions = {}): Promise<T> {
		const index = this.#taken++
		const present = this.items[index]
		return present === undefined ? this.#wait(() => this.items.length > index, options) : Promise.resolve(present)
	}

	#wait(matches: (item: T) => boolean, options: WaitOptions): Promise<T> {
		const deadlineMs = options.deadlineMs ?? DEFAULT_DEADLINE_MS
		return new Promise((resolve, reject) => {
			const timer = setTimeout(() => {
				this.#waiters = this.#waiters.filter((other) => other !== waiter)
				const arrived = this.items.map(this.#describe).join(', ') || 'nothing'
				reject(new Error(`waited ${deadlineMs} ms for ${options.what ?? 'an item'}; arrived: ${arrived}`))
			}, deadlineMs)
			const waiter: Waiter<T> = {
				matches,
				resolve: (item) => {
					clearTimeout(timer)
					this.#waiters = this.#waiters.filter((other) => other !== waiter)
					resolve(item)
				},
			}
			this.#waiters.push(waiter)
		})
	}
}
