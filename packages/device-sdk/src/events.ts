export type Unsubscribe = () => void

type Listener<Payload> = (payload: Payload) => void

/** A few typed events. A listener that throws does not keep the others from being told. */
export class Events<Map extends object> {
	readonly #listeners = new Map<keyof Map, Set<Listener<never>>>()

	/** Calls `listener` on every event of this name until the returned function is called. */
	on<Name extends keyof Map>(name: Name, listener: Listener<Map[Name]>): Unsubscribe {
		const listeners = this.#listeners.get(name) ?? new Set()
		this.#listeners.set(name, listeners)
		listeners.add(listener as Listener<never>)
		return () => listeners.delete(listener as Listener<never>)
	}

	emit<Name extends keyof Map>(name: Name, payload: Map[Name]): void {
		for (const listener of [...(this.#listeners.get(name) ?? [])]) {
			try {
				;(listener as Listener<Map[Name]>)(payload)
			} catch (error) {
				rethrowLater(error)
			}
		}
	}
}

/** The app's mistake stays visible to it, without breaking the event that is under way. */
function rethrowLater(error: unknown): void {
	queueMicrotask(() => {
		throw error
	})
}
