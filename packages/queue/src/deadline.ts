/** The promise's own result, or a rejection once `ms` milliseconds have passed; the work itself goes on. */
export async function withDeadline<T>(work: Promise<T>, ms: number): Promise<T> {
	let timer: NodeJS.Timeout | undefined
	const deadline = new Promise<never>((_resolve, reject) => {
		timer = setTimeout(() => reject(new Error(`no answer within ${ms} ms`)), ms)
	})
	// A failure after the deadline has nobody left to hear it.
	work.catch(() => {})
	try {
		return await Promise.race([work, deadline])
	} finally {
		clearTimeout(timer)
	}
}
