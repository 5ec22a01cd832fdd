import { getHeapStatistics } from 'node:v8'
import type { Clock, TimerHandle } from './clock.ts'

/** What a process sees of itself at an instant. */
export interface ProcessSample {
	/** How late the timer of this sample fired, milliseconds. */
	readonly lagMs: number
	/** Since the sample before, milliseconds. */
	readonly elapsedMs: number
	/** Resident memory as a part of its limit, or the heap as a part of what the runtime allows it: the larger one. */
	readonly memory: number
}

const EVERY_MS = 20
/** Reading the memory is a call to the system. */
const MEMORY_EVERY_MS = 200
/** The runtime ends a process whose heap is full, and collects all the time before. */
const HEAP_PART = 0.9
const MIB = 1_048_576

/**
 * Samples the lag of the event loop and the memory of this process, several times in a tenth of a second; returns what ends it.
 * `memoryLimitMb` bounds the resident memory, MiB; without it only the heap has a bound, the runtime's own.
 */
export function watchLoad(
	clock: Clock,
	memoryLimitMb: number | undefined,
	onSample: (sample: ProcessSample) => void,
): () => void {
	let timer: TimerHandle | undefined
	let [lastMs, memory, memoryAtMs] = [clock.now(), memoryInUse(memoryLimitMb), clock.now()]
	const look = () => {
		const nowMs = clock.now()
		const elapsedMs = nowMs - lastMs
		if (nowMs - memoryAtMs >= MEMORY_EVERY_MS) [memory, memoryAtMs] = [memoryInUse(memoryLimitMb), nowMs]
		lastMs = nowMs
		onSample({ lagMs: Math.max(0, elapsedMs - EVERY_MS), elapsedMs, memory })
		timer = clock.setTimer(EVERY_MS, look)
	}
	timer = clock.setTimer(EVERY_MS, look)
	return () => {
		if (timer !== undefined) clock.clearTimer(timer)
	}
}

function memoryInUse(limitMb: number | undefined): number {
	const { used_heap_size: used, heap_size_limit: most } = getHeapStatistics()
	const heap = used / (most * HEAP_PART)
	return limitMb === undefined ? heap : Math.max(heap, process.memoryUsage.rss() / (limitMb * MIB))
}
