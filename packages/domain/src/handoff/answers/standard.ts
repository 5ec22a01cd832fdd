import type { LineFacts, LineStep } from '../line.ts'
import { isAtRest, isHeld } from './at-rest.ts'

/**
 * Mode 0: nobody gives its binding up before the other has one. A device that comes back registers at once, and we stay
 * until it says that it has; one that leaves may remove its own binding once ours stands.
 */
export function standardStep(facts: LineFacts): LineStep {
	const { statement } = facts
	if (statement.activity === 'foreground') {
		return statement.bound ? { next: 'none', settled: isAtRest(facts) } : { next: 'register', settled: true }
	}
	// Where ours has overwritten the device's, a removal of the device's may take ours.
	const mayRemove = isHeld(facts) && facts.status.blockingReason === undefined && !statement.unregistered
	return { next: mayRemove ? 'unregister' : 'none', settled: isAtRest(facts) }
}
