import type { CallOutcome } from '../call/call.ts'
import type { HeldLeg, WithdrawReason } from './types.ts'

/** 6xx: the user refuses everywhere (RFC 3261 21.6). */
export function wholeCallRefusal(status: number): boolean {
	return status >= 600
}

/**
 * The refusal that the caller gets when every device has refused (RFC 3261 16.7 step 6): a 6xx if there is
 * one, else of the lowest class, and within the class the first.
 */
export function bestRefusal(legs: readonly HeldLeg[]): { status: number; legId: number } | undefined {
	const refused = legs.flatMap((leg) =>
		leg.phase === 'refused' && leg.status !== undefined ? [{ status: leg.status, legId: leg.legId }] : [],
	)
	const global = refused.find((refusal) => wholeCallRefusal(refusal.status))
	if (global) return global
	return refused.toSorted((a, b) => Math.trunc(a.status / 100) - Math.trunc(b.status / 100))[0]
}

/** How a call that nobody answered is shown to the account. */
export function outcomeOf(status: number): CallOutcome {
	switch (status) {
		case 486:
		case 600:
			return 'busy'
		case 603:
		case 403:
			return 'declined'
		case 408:
		case 480:
			return 'missed'
		case 487:
			return 'cancelled'
		default:
			return 'failed'
	}
}

/** What the refusal that ends a call tells devices that ring still. */
export function reasonOfRefusal(status: number): WithdrawReason {
	if (status === 600) return 'busy-elsewhere'
	return outcomeOf(status) === 'declined' ? 'declined-elsewhere' : 'no-answer'
}

/** How a call that its caller took back is shown to the account: nobody missed what another one took. */
export function outcomeOfCancel(reason: WithdrawReason): CallOutcome {
	switch (reason) {
		case 'answered-elsewhere':
			return 'answered-elsewhere'
		case 'declined-elsewhere':
			return 'declined'
		case 'busy-elsewhere':
			return 'busy'
		default:
			return 'cancelled'
	}
}
