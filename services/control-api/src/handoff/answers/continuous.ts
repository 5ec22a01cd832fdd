import type { LineFacts, Step } from '../line.ts'
import { isAtRest, isHeld } from './at-rest.ts'
import { standardStep } from './standard.ts'

/**
 * Mode 2: the service holds whatever the devices do, and they take and make their calls through it. A binding that a
 * device still has of its own, from before, is given up once ours stands. Where push is off, the device is by itself.
 */
export function continuousStep(facts: LineFacts): Step {
	const { statement, decision } = facts
	if (decision === 'off') return standardStep(facts)
	if (statement.bound) return { next: isHeld(facts) ? 'unregister' : 'none', settled: isAtRest(facts) }
	if (statement.activity === 'foreground') return { next: 'attach', settled: true }
	return { next: 'none', settled: isAtRest(facts) }
}
