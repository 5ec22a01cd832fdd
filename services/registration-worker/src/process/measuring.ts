import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { RegistrationWorker } from '../registration-worker.ts'
import type { WorkerSnapshot } from '../worker-snapshot.ts'

/** What a measuring parent sends. */
export interface MeasureRequest {
	readonly type: 'measure'
	/** Forces a collection before memory is looked at; needs a process started with `--expose-gc`. */
	readonly collect?: boolean
	/** From here to the next request it is watched how late timers are. The watch itself costs 50 wake-ups a second. */
	readonly watchLag?: boolean
}

/** What the process has used so far. */
export interface Measurement {
	readonly type: 'measured'
	/** Processor time of all threads since the start, microseconds. */
	readonly cpuMicros: number
	readonly rssBytes: number
	/** Live objects and what hangs on them outside of the heap. */
	readonly liveBytes: number
	/** How late timers were, if it was watched since the request before. */
	readonly timerLagMs: TimerLag | undefined
	readonly snapshot: WorkerSnapshot | undefined
}

export interface TimerLag {
	readonly p50: number
	readonly p99: number
	readonly max: number
}

/** Sent once, just before the worker reads its accounts. */
export interface StartingNotice {
	readonly type: 'starting'
	readonly cpuMicros: number
}

const LAG_RESOLUTION_MS = 20
/** Finalisers run between collections; after three nothing more goes. */
const COLLECTIONS = 3
const NS_PER_MS = 1e6

/**
 * Answers a parent process over IPC about processor time and memory; costs nothing between its questions, unless it
 * asks for the lag of timers. `onOrphaned` is called when the parent is gone.
 */
export class Measuring {
	#lag: ReturnType<typeof monitorEventLoopDelay> | undefined
	#worker: RegistrationWorker | undefined

	constructor(onOrphaned: () => void) {
		process.on('message', (message) => {
			if (isRequest(message)) process.send?.(this.#measure(message))
		})
		process.once('disconnect', onOrphaned)
	}

	/** Tells the parent that everything before the accounts is done. */
	starting(): void {
		process.send?.({ type: 'starting', cpuMicros: cpuMicros() } satisfies StartingNotice)
	}

	/** From here on the worker's own numbers are told too. */
	observe(worker: RegistrationWorker): void {
		this.#worker = worker
	}

	#measure({ collect = false, watchLag = false }: MeasureRequest): Measurement {
		// First, so that the collection is not charged to the work.
		const cpu = cpuMicros()
		const timerLagMs = this.#takeLag(watchLag)
		if (collect) for (let round = 0; round < COLLECTIONS; round++) globalThis.gc?.()
		const { rss, heapUsed, external } = process.memoryUsage()
		return {
			type: 'measured',
			cpuMicros: cpu,
			rssBytes: rss,
			liveBytes: heapUsed + external,
			timerLagMs,
			snapshot: this.#worker?.snapshot(),
		}
	}

	#takeLag(watchOn: boolean): TimerLag | undefined {
		const lag = this.#lag && lagOf(this.#lag)
		this.#lag?.disable()
		this.#lag = watchOn ? monitorEventLoopDelay({ resolution: LAG_RESOLUTION_MS }) : undefined
		this.#lag?.enable()
		return lag
	}
}

function lagOf(delays: ReturnType<typeof monitorEventLoopDelay>): TimerLag {
	const beyond = (ns: number) => Math.max(0, ns / NS_PER_MS - LAG_RESOLUTION_MS)
	return { p50: beyond(delays.percentile(50)), p99: beyond(delays.percentile(99)), max: beyond(delays.max) }
}

function isRequest(message: unknown): message is MeasureRequest {
	return typeof message === 'object' && message !== null && (message as MeasureRequest).type === 'measure'
}

function cpuMicros(): number {
	const { user, system } = process.cpuUsage()
	return user + system
}
