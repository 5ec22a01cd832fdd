import type { LineFacts } from '../line.ts'

/**
 * Whether the upstream server has done its part, or refused to: to hold, it has answered one way or the other; not to
 * hold, our binding is gone, or cannot be removed.
 */
export function isAtRest(facts: LineFacts): boolean {
	const { current, decision, status } = facts
	if (!current) return false
	if (status.state === 'rejected' || status.state === 'failing' || hasYielded(facts) || staysBound(facts)) return true
	return status.state === (decision === 'service' ? 'registered' : 'unregistered')
}

/** Whether our binding stands, as this handoff asks for. */
export function isHeld({ current, decision, status }: LineFacts): boolean {
	return current && decision === 'service' && status.state === 'registered'
}

/** Our binding is not removed yet, as the server does not answer: its owner says so, and asks again. */
function staysBound({ mode, decision, status }: LineFacts): boolean {
	const looks = mode === 0 && decision === 'devices' && status.state === 'registered'
	return looks && status.holding === 'waiting' && status.blockingReason !== undefined
}

/** The server needs another mode: its owner leaves the account to the devices, and says why. */
function hasYielded({ decision, status }: LineFacts): boolean {
	const left = status.state === 'unregistered' && status.holding === 'devices'
	return decision === 'service' && left && status.blockingReason !== undefined
}
