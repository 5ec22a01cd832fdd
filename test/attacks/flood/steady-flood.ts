import { setTimeout as pause } from 'node:timers/promises'

const PORTION = 100
const EVERY_MS = 20

/** Sends `first` messages at once and goes on in portions, at many times what one address may send, until it is told to end. */
export class SteadyFlood {
	/** Messages so far. */
	sent = 0
	readonly #send: (number: number) => Promise<void>
	#isOver = false
	#goingOn: Promise<void> | undefined

	private constructor(send: (number: number) => Promise<void>) {
		this.#send = send
	}

	static async begin(first: number, send: (number: number) => Promise<void>): Promise<SteadyFlood> {
		const flood = new SteadyFlood(send)
		await flood.#portion(first)
		flood.#goingOn = flood.#goOn()
		return flood
	}

	async end(): Promise<void> {
		this.#isOver = true
		await this.#goingOn
	}

	async #goOn(): Promise<void> {
		while (!this.#isOver) {
			await this.#portion(PORTION)
			await pause(EVERY_MS)
		}
	}

	async #portion(messages: number): Promise<void> {
		for (let count = 0; count < messages; count++) await this.#send(++this.sent)
	}
}
