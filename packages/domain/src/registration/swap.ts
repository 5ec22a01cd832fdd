import type { ResponseView } from '@vigil/sip'
import type { SwapEvidence } from '../holding/types.ts'
import { leaveAlone } from './attempts.ts'
import { listedBindings } from './own-binding.ts'
import type { OwnContact } from './own-contact.ts'
import type { Registration, RegistrationStep } from './types.ts'

/**
 * What a 2xx to a REGISTER that was to swap contacts says: it was processed as a whole where we alone are listed. One that
 * lists nobody says nothing.
 */
export function swapOutcome(response: ResponseView, own: OwnContact): SwapEvidence {
	const { ours, others } = listedBindings(response, own)
	if (!ours && others === 0) return 'unknown'
	return ours && others === 0 ? 'works' : 'fails'
}

/**
 * The same of a final refusal: none of it was processed (RFC 3261 10.3), and the server may have refused the one contact for
 * the other. Not where it speaks of our credentials, of its own trouble, or says when to come back.
 */
function refusedSwap({ status, headers }: ResponseView): SwapEvidence {
	const speaksOfOther = status === 401 || status === 407 || status === 408 || status === 504
	return speaksOfOther || headers.get('Retry-After') !== undefined ? 'unknown' : 'fails'
}

/** A swap has come to an end without success: nothing follows by itself. What is shown of a refusal for good stays. */
export function concludeSwap(
	{ state, effects }: RegistrationStep,
	outcome: SwapEvidence,
	nowMs: number,
): RegistrationStep {
	const told = { type: 'swapped', outcome } as const
	if (state.phase === 'rejected') return { state: { ...state, replacing: undefined }, effects: [...effects, told] }
	const left = leaveAlone(state, nowMs)
	const others = effects.filter(({ type }) => type !== 'status')
	return { state: left.state, effects: [...others, ...left.effects, told] }
}

/** What a refusal leads to: the swap is over, unless the same goes on at once in another form. */
export function afterRefusedSwap(step: RegistrationStep, response: ResponseView, nowMs: number): RegistrationStep {
	if (step.state.inFlight) return step
	// The order of our REGISTERs is another matter than what they say.
	const isRenumbered = step.effects.some(({ type }) => type === 'next-generation')
	return concludeSwap(step, isRenumbered ? 'unknown' : refusedSwap(response), nowMs)
}

/** Whether the REGISTER in flight, or the one just answered, binds ours in the place of another. */
export function isSwap({ replacing, desired, querying }: Registration): boolean {
	return replacing !== undefined && desired === 'hold' && querying === 0
}
