import type { LineFacts, LineStep } from '../line.ts'
import { isAtRest } from './at-rest.ts'

const ANOTHER_DEVICE = 'another device of the account is in use and registered at the SIP server'

/**
 * Mode 1: never two bindings. A device registers only once our own binding is known to be gone, and we register only
 * once its binding is: a device that leaves is told to remove it first, unless the SIP server shows that it is gone. Where
 * the server swaps contacts, each takes the other's place by one REGISTER.
 */
export function emulationStep(facts: LineFacts): LineStep {
	const { statement, decision, status, current, othersBound } = facts
	if (statement.activity === 'foreground') {
		if (!statement.bound && decision === 'devices' && othersBound) {
			return { next: 'wait', settled: false, blockingReason: ANOTHER_DEVICE }
		}
		return foregroundStep(facts)
	}
	// It may keep its binding where the service does not take its place.
	if (decision === 'off') return { next: 'none', settled: isAtRest(facts) }
	if (statement.bound && status.swaps) return swapStep(facts)
	const isStillThere = current && status.holding === 'waiting' && decision === 'service' && !statement.unregistered
	if (statement.bound || isStillThere) return { next: 'unregister', settled: true }
	return { next: 'none', settled: isAtRest(facts) }
}

/**
 * Mode 3: the newer registration replaces the older, and nobody removes any: a late removal could take the winner's. A
 * device registers only once no REGISTER of ours is under way that could land after its own.
 */
export function takeoverStep(facts: LineFacts): LineStep {
	return facts.statement.activity === 'foreground' ? foregroundStep(facts) : { next: 'none', settled: isAtRest(facts) }
}

/** The service takes its place by one REGISTER; should that not come about, the device removes its binding itself. */
function swapStep(facts: LineFacts): LineStep {
	const isInTheWay = facts.current && facts.status.holding === 'waiting'
	return isInTheWay ? { next: 'unregister', settled: true } : { next: 'none', settled: isAtRest(facts) }
}

function foregroundStep(facts: LineFacts): LineStep {
	const { statement, decision } = facts
	if (statement.bound) return { next: 'none', settled: isAtRest(facts) }
	// No push can wake this device, and others sleep: the service stays for them, and this one takes its calls from it.
	if (decision === 'service') return { next: 'attach', settled: true }
	if (isReleased(facts)) return { next: 'register', settled: true }
	const { replaceableContact } = facts.status
	const isOffered = facts.current && facts.status.holding === 'offering' && replaceableContact !== undefined
	if (isOffered && facts.mode === 1) return { next: 'register', settled: true, replaceContact: replaceableContact }
	return { next: 'wait', settled: false }
}

/** Nothing of ours is bound or under way, as far as the mode demands it. */
function isReleased({ current, decision, status }: LineFacts): boolean {
	const atRest = status.state === 'unregistered' || status.state === 'rejected'
	return current && atRest && (decision === 'off' || status.holding === 'devices')
}
