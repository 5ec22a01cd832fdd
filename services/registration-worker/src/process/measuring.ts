import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { RegistrationWorker, WorkerSnapshot } from '../start-worker.ts'

/** What a measuring parent sends; `collect` forces a collection first, where the process was started with `--expose-gc`. */
export interface MeasureRequest {
	readonly type: 'measure'
	readonly collect?: boolean
}

/** What the process has used so far, and how late its timers were since the last request. */
export interface Measurement {
	readonly type: 'measured'
	/** Processor time of all threads since the start, microseconds. */
	readonly cpuMicros: number
	readonly rssBytes: number
	/** Live objects and what hangs on them outside of the heap. */
	readonly liveBytes: number
	readonly timerLagMs: { readonly p50: number; readonly p99: number; readonly max: number }
	readonly snapshot: WorkerSnapshot | undefined
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
 * Answers a parent process over IPC about processor time and memory. It costs a timer every 20 ms and is started on
 * request only. `onOrphaned` is called when the parent is gone.
 */
export class Measuring {
	readonly #lag: ReturnType<typeof monitorEventLoopDelay>
	#worker: RegistrationWorker | undefined

	constructor(onOrphaned: () => void) {
		this.#lag = monitorEventLoopDelay({ resolution: LAG_RESOLUTION_MS })
		this.#lag.enable()
		process.on('message', (message) => {
			if (isRequest(message)) process.send?.(this.#measure(message.collect ?? false))
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

	#measure(collect: boolean): Measurement {
		// First, so that the collection is not charged to the work.
		const cpu = cpuMicros()
		const timerLagMs = this.#takeLag()
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

	#takeLag(): Measurement['timerLagMs'] {
		const beyond = (ns: number) => Math.max(0, ns / NS_PER_MS - LAG_RESOLUTION_MS)
		const lag = {
			p50: beyond(this.#lag.percentile(50)),
			p99: beyond(this.#lag.percentile(99)),
			max: beyond(this.#lag.max),
		}
		this.#lag.reset()
		return lag
	}
}

function isRequest(message: unknown): message is MeasureRequest {
	return typeof message === 'object' && message !== null && (message as MeasureRequest).type === 'measure'
}

function cpuMicros(): number {
	const { user, system } = process.cpuUsage()
	return user + system
}
