import { devicesTurn, hold, poll, remove, SILENT } from './moves.ts'
import type { Holding, HoldingEffect, HoldingInput, HoldingStep, SeenBindings, SwapEvidence } from './types.ts'
import { queryDesiring, querying, told } from './waiting.ts'

const LOOK_AGAIN_MS = 30_000
const NOT_SEEN = 'a device says that it is registered, and the SIP server does not show it'

/**
 * Whether the only other binding is a device's that may be replaced by ours in one REGISTER: a device was there, by our leave
 * or by its own word, and the server is known to take the REGISTER as a whole. A server of which that is not known is tried
 * where no device lives by the binding any more.
 */
export function maySwap(state: Holding, seen: SeenBindings): seen is SeenBindings & { readonly other: string } {
	if (seen.other === undefined || state.inUse || !(state.gaveTurn || state.deviceWasBound)) return false
	return state.swap === 'works' || (state.swap === 'unknown' && !state.leaving && !seen.ours)
}

/** Whether both are there after a swap, by us or by a device that had its turn, of which nothing was heard. */
export function hasFailed({ gaveTurn, changedMode, swap }: Holding, { ours }: SeenBindings): boolean {
	return ours && gaveTurn && !changedMode && swap !== 'fails'
}

export const FAILS: readonly HoldingEffect[] = [{ type: 'swap', evidence: 'fails' }]

/** Binds us in the place of the device's contact. */
export function swapOver(state: Holding, other: string): HoldingStep {
	// From the moment that it leaves ours may be bound, whatever the answer shows.
	const swapping: Holding = {
		...state,
		phase: 'swapping',
		desired: 'hold',
		dueAtMs: undefined,
		changedMode: false,
		ownGone: false,
	}
	return told(swapping, undefined, [{ type: 'desired-binding', desired: 'hold', certain: false, replacing: other }])
}

/** How that has ended. */
export function onSwapped(before: Holding, outcome: SwapEvidence, nowMs: number): HoldingStep {
	if (before.mode !== 1 || before.phase !== 'swapping') return onSwappedBesides(before, outcome)
	const state: Holding = outcome === 'unknown' ? before : { ...before, swap: outcome }
	const news: readonly HoldingEffect[] = outcome === 'unknown' ? [] : [{ type: 'swap', evidence: outcome }]
	return withNews(news, afterSwap(state, outcome, nowMs))
}

/** The account has another mode or is off by now: what is desired is done without. */
function onSwappedBesides(state: Holding, outcome: SwapEvidence): HoldingStep {
	const again = outcome !== 'works' && state.desired === 'hold'
	return { state, effects: again ? [{ type: 'desired-binding', desired: 'hold', certain: false }] : [] }
}

function afterSwap(state: Holding, outcome: SwapEvidence, nowMs: number): HoldingStep {
	if (outcome === 'works') {
		const held = hold({ ...state, registered: true })
		if (state.wanted !== 'devices') return held
		return mayOffer(held.state) ? offer(held.state) : remove(held.state, true)
	}
	// Which of the two is bound is not known: a device gets its turn the old way.
	if (state.wanted === 'devices') return remove(state, true)
	if (outcome === 'fails') return queryDesiring({ ...state, found: 0 }, 'abandon')
	const waiting = poll({ ...state, desired: 'abandon' }, nowMs, SILENT)
	return { ...waiting, effects: [{ type: 'desired-binding', desired: 'abandon', certain: false }, ...waiting.effects] }
}

/** Whether a device may take our place by one REGISTER. */
export function mayOffer({ swap, registered, deviceSwaps, deviceBound, desired, ownGone }: Holding): boolean {
	return swap === 'works' && registered && deviceSwaps && !deviceBound && desired === 'hold' && !ownGone
}

/** Ours stays without a refresh: one that comes after the device's REGISTER would bind us beside it. */
export function offer(state: Holding): HoldingStep {
	const offering: Holding = {
		...state,
		phase: 'offering',
		desired: 'keep',
		dueAtMs: undefined,
		found: 0,
		othersGone: false,
		changedMode: false,
		gaveTurn: true,
	}
	return told(offering, undefined, [{ type: 'desired-binding', desired: 'keep', certain: false }])
}

/** A device says that it has taken our place. */
export function verifyOffer(state: Holding): HoldingStep {
	return { state: querying(state, 'offering'), effects: [{ type: 'query-bindings', query: state.query + 1 }] }
}

/** What the registrar has then. */
export function onOfferListing(
	state: Holding,
	listing: Extract<HoldingInput, { type: 'bindings' | 'no-bindings' }>,
	nowMs: number,
): HoldingStep {
	if (listing.type === 'no-bindings') {
		// The server is known to swap, and the device says that it did.
		return listing.cause === 'untold' ? devicesTurn(state) : lookAgain(state, SILENT, nowMs)
	}
	if (!listing.ours) return devicesTurn(state)
	if (listing.others === 0) return lookAgain(state, NOT_SEEN, nowMs)
	return withNews(FAILS, remove({ ...state, swap: 'fails' }, true))
}

/** Time to look again. */
export function onOfferRepeat(state: Holding): HoldingStep {
	return state.deviceBound ? verifyOffer(state) : { state: { ...state, dueAtMs: undefined }, effects: [] }
}

function lookAgain(state: Holding, reason: string, nowMs: number): HoldingStep {
	return told({ ...state, dueAtMs: nowMs + LOOK_AGAIN_MS }, reason, [])
}

/** The step, with what was learned before it. */
export function withNews(news: readonly HoldingEffect[], { state, effects }: HoldingStep): HoldingStep {
	return { state, effects: [...news, ...effects] }
}
