/**
 * Lets at most `limit` pieces of work run at a time; the rest wait in the order of their coming.
 *
 * With no more work than connections the driver never queues a statement behind another on one connection. It must not:
 * when such a statement fails before it is sent (a value that cannot be serialised), the driver rejects the one before it
 * and gives the results of the one after it to the failed one, which may be another tenant's.
 */
export function admission(limit: number): <T>(work: () => Promise<T>) => Promise<T> {
	let free = limit
	const waiting: (() => void)[] = []
	const enter = (): Promise<void> | undefined => {
		if (free === 0) return new Promise((resolve) => waiting.push(resolve))
		free--
	}
	const leave = (): void => {
		const next = waiting.shift()
		if (next) next()
		else free++
	}
	return async (work) => {
		await enter()
		try {
			return await work()
		} finally {
			leave()
		}
	}
}
