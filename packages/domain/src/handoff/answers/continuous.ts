import type { LineFacts, LineStep } from '../line.ts'
import { isAtRest } from './at-rest.ts'
import { standardStep } from './standard.ts'

/**
 * Mode 2: the service holds whatever the devices do, and they take and make their calls through it. What a device says of
 * bindings of its own is said of all its lines, and means those in other modes. Where push is off, the device is by itself.
 */
export function continuousStep(facts: LineFacts): LineStep {
	if (facts.decision === 'off') return standardStep(facts)
	if (facts.statement.activity === 'foreground') return { next: 'attach', settled: true }
	return { next: 'none', settled: isAtRest(facts) }
}
