/** Work that is under way, so that closing can wait for it. */
export interface InFlight {
	track<T>(work: Promise<T>): Promise<T>
	/** Resolves when all of it has ended, well or not, or after `limitMs`. */
	settled(limitMs: number): Promise<void>
}

export function inFlight(): InFlight {
	const pending = new Set<Promise<unknown>>()
	return {
		track: (work) => {
			pending.add(work)
			const forget = () => pending.delete(work)
			work.then(forget, forget)
			return work
		},
		settled: async (limitMs) => {
			let timer: NodeJS.Timeout | undefined
			const late = new Promise((resolve) => {
				timer = setTimeout(resolve, limitMs)
			})
			await Promise.race([Promise.allSettled(pending), late])
			clearTimeout(timer)
		},
	}
}
