import type { Flow } from '../flow.ts'

interface Watched {
	readonly transactions: Set<() => void>
	readonly unsubscribe: () => void
}

/** Tells client transactions at once when the flow that carries them has ended; one subscription for each flow. */
export class FlowWatch {
	readonly #flows = new Map<Flow, Watched>()

	/** Calls `lost` when the flow ends. Returns a function that ends the watch. */
	watch(flow: Flow, lost: () => void): () => void {
		const watched = this.#flows.get(flow) ?? this.#begin(flow)
		watched.transactions.add(lost)
		return () => {
			watched.transactions.delete(lost)
			if (watched.transactions.size === 0) this.#end(flow, watched)
		}
	}

	#begin(flow: Flow): Watched {
		const transactions = new Set<() => void>()
		const unsubscribe = flow.onClose(() => {
			this.#flows.delete(flow)
			for (const lost of [...transactions]) lost()
		})
		const watched = { transactions, unsubscribe }
		this.#flows.set(flow, watched)
		return watched
	}

	#end(flow: Flow, watched: Watched): void {
		if (this.#flows.get(flow) !== watched) return
		this.#flows.delete(flow)
		watched.unsubscribe()
	}
}
