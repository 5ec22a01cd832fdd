import type { LoadLevel } from './call-admission.ts'

/** What a process sees of itself at an instant. */
export interface LoadSample {
	/** How late a timer fired, milliseconds: what every message waits at least. */
	readonly lagMs: number
	/** Since the sample before, milliseconds. */
	readonly elapsedMs: number
	/** Memory in use, as a part of what there is: of the process, or of the heap, whichever is nearer to its end. */
	readonly memory: number
}

export interface LoadLimits {
	/** Lag, over about a second, at which nothing new is taken on. Half of RFC 3261's T1 and more makes callers repeat themselves. */
	readonly lagMs: number
}

export interface Load {
	readonly level: LoadLevel
	/** Smoothed. */
	readonly lagMs: number
}

export const NO_LOAD: Load = { level: 'normal', lagMs: 0 }

const OVER_MS = 1000
/** Parts of the limit at which the process is strained already. */
const STRAINED_LAG = 0.25
const STRAINED_MEMORY = 0.85

/** The load after one more sample. A single pause, as for a collection, is no overload. */
export function stepLoad(load: Load, sample: LoadSample, limits: LoadLimits): Load {
	const weight = Math.min(1, sample.elapsedMs / OVER_MS)
	const lagMs = load.lagMs + (sample.lagMs - load.lagMs) * weight
	const isOver = lagMs >= limits.lagMs || sample.memory >= 1
	const isStrained = lagMs >= limits.lagMs * STRAINED_LAG || sample.memory >= STRAINED_MEMORY
	return { level: isOver ? 'overloaded' : isStrained ? 'strained' : 'normal', lagMs }
}
