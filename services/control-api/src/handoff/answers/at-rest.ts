import type { LineFacts } from '../line.ts'

/**
 * Whether the upstream server has done its part, or refused to: to hold, it has answered one way or the other; not to
 * hold, our binding is gone, or cannot be removed.
 */
export function isAtRest({ current, decision, status }: LineFacts): boolean {
	if (!current) return false
	if (status.state === 'rejected' || status.state === 'failing') return true
	return status.state === (decision === 'service' ? 'registered' : 'unregistered')
}

/** Whether our binding stands, as this handoff asks for. */
export function isHeld({ current, decision, status }: LineFacts): boolean {
	return current && decision === 'service' && status.state === 'registered'
}
