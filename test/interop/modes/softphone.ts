import { Baresip } from '../peers/baresip.ts'
import type { SoftphoneAccount } from '../peers/real-phone.ts'

/** What takes calls while the app is in the foreground; answers every one. */
export interface Softphone {
	/** Call-IDs of all calls that came in. */
	readonly rung: ReadonlySet<string>
	/** How many calls it has just now. */
	readonly calls: number
	/** In the place of the service's contact, where one is given and the softphone can. */
	register(account: SoftphoneAccount, replaceContact?: string): Promise<void>
	/** Sends the removal of its binding. */
	unregister(account: SoftphoneAccount): Promise<void>
	/** Ends its process by SIGKILL, as an operating system ends an app, with no chance to say goodbye. */
	kill(): Promise<void>
}

/** baresip, started anew after it was killed. */
export class BaresipPhone implements Softphone {
	/** Of processes that have ended. */
	readonly #past = new Set<string>()
	#process: Baresip | undefined

	get rung(): ReadonlySet<string> {
		return new Set([...this.#past, ...(this.#process?.rung ?? [])])
	}

	get calls(): number {
		return this.#process?.calls ?? 0
	}

	async register(account: SoftphoneAccount): Promise<void> {
		this.#process ??= await Baresip.start()
		await this.#process.register(account)
	}

	async unregister(account: SoftphoneAccount): Promise<void> {
		await this.#process?.unregister(account)
	}

	async kill(): Promise<void> {
		const ended = this.#process
		this.#process = undefined
		await ended?.kill()
		for (const id of ended?.rung ?? []) this.#past.add(id)
	}
}
