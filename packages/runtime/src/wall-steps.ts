import type { Clock, TimerHandle } from './clock.ts'

/** How often the two clocks are compared. */
const LOOK_MS = 2000
/** Less is the slewing of a time daemon, and of no consequence for anybody. */
const LEAST_MS = 1000

/**
 * Tells of each step of the wall clock: by how many milliseconds, backwards negative. A forward one may be time that the machine
 * has slept through, during which no timer ran. Returns what ends it.
 */
export function watchWallSteps(clock: Clock, onStep: (byMs: number) => void): () => void {
	let known = clock.wall() - clock.now()
	let timer: TimerHandle | undefined
	const look = () => {
		const apart = clock.wall() - clock.now()
		const byMs = apart - known
		known = apart
		wait()
		if (Math.abs(byMs) >= LEAST_MS) onStep(byMs)
	}
	const wait = () => {
		timer = clock.setTimer(LOOK_MS, look)
	}
	wait()
	return () => {
		if (timer !== undefined) clock.clearTimer(timer)
	}
}
