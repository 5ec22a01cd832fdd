import type { LineFacts, Step } from '../line.ts'
import { isAtRest, isHeld } from './at-rest.ts'

/**
 * Mode 0: nobody gives its binding up before the other has one. A device that comes back registers at once, and we stay
 * until it says that it has; one that leaves may remove its own binding once ours stands.
 */
export function standardStep(facts: LineFacts): Step {
	const { statement } = facts
	if (statement.activity === 'foreground') {
		return statement.bound ? { next: 'none', settled: isAtRest(facts) } : { next: 'register', settled: true }
	}
	return { next: isHeld(facts) && !statement.unregistered ? 'unregister' : 'none', settled: isAtRest(facts) }
}
