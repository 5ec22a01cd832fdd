import { type JobName, jobCatalog, type KeptJobs } from '@vigil/contracts'
import type { BullQueue } from './bull-store.ts'

const EVERY_MS = 300_000
const MOST_AT_ONCE = 1000

/**
 * Deletes jobs that ended long enough ago, now and every five minutes until the function given back is called. The store itself looks at
 * their age only when another job ends, and a queue may be quiet for days.
 */
export function sweepFinished(queue: BullQueue, name: JobName, onError: (error: Error) => void): () => void {
	const { removeOnComplete, removeOnFail } = jobCatalog[name]
	const sweep = () => {
		const swept = Promise.all([clean(queue, removeOnComplete, 'completed'), clean(queue, removeOnFail, 'failed')])
		swept.catch(onError)
	}
	sweep()
	const timer = setInterval(sweep, EVERY_MS)
	timer.unref()
	return () => clearInterval(timer)
}

function clean(queue: BullQueue, { age }: KeptJobs, type: 'completed' | 'failed'): Promise<unknown> {
	return queue.clean(age * 1000, MOST_AT_ONCE, type)
}
