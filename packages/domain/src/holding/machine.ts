import { decide } from './decision.ts'
import { onListing, onRegistration, onRepeat, seekHolding, seekRemoval } from './emulation.ts'
import { checkCoexistence, onCoexistence, onCoexistenceRepeat, onCoexistenceUntold } from './standard.ts'
import { onOfferListing, onOfferRepeat, onSwapped } from './swap.ts'
import type { Holding, HoldingFacts, HoldingInput, HoldingStep } from './types.ts'

/** The holding of an account that nothing is known of yet. */
export function initialHolding(): Holding {
	return {
		phase: 'off',
		mode: 0,
		desired: 'abandon',
		query: 0,
		found: 0,
		dueAtMs: undefined,
		wanted: 'off',
		saidUnregistered: false,
		inUse: false,
		deviceBound: false,
		deviceWasBound: false,
		leaving: false,
		deviceSwaps: false,
		swap: 'unknown',
		registered: false,
		keepsSeveral: false,
		ownGone: false,
		othersGone: false,
		changedMode: false,
		gaveTurn: false,
	}
}

/**
 * Who holds the upstream binding, per account and registration mode (ADR 8, ADR 13). Pure.
 *
 * Modes 2 and 3 follow from the devices' statements alone. Mode 0 looks before it lets go (`standard.ts`). Mode 1
 * (single-device emulation) must never have two holders, so it looks before it moves, both ways; where the registrar swaps
 * contacts as a whole, it goes the upper way (`swap.ts`):
 *
 * ```
 *     +---------foreground--------> offering --registered--> devices --all away--> checking
 *     |                                                                  swapping <---+
 *   away <--------------------------------------------------------------------+
 *
 *   away --foreground--> releasing --removed--> devices --all away--> checking --gone--> away
 *     ^                     |                      ^                   |   ^
 *     +------all away-------+                      +----foreground-----+   | due
 *                                                                      waiting (still bound)
 * ```
 */
export function stepHolding(state: Holding, input: HoldingInput, nowMs: number): HoldingStep {
	switch (input.type) {
		case 'statement':
			return onStatement({ ...state, mode: input.mode, ...factsOf(underMode(state, input.mode), input) })
		case 'removed':
			return letGo({ ...state, wanted: 'off' })
		case 'registration':
			return onRegistration(state, input)
		case 'bindings':
		case 'no-bindings':
			return onList(state, input, nowMs)
		case 'listed':
			return onListed(state, input)
		case 'swapped':
			return onSwapped(state, input.outcome, nowMs)
		case 'due':
			return onDue(state, nowMs)
	}
}

/** In the other modes a device's binding may end by itself while it is away: mode 0 draws nothing from one of before. */
function underMode(state: Holding, mode: Holding['mode']): Holding {
	return mode === 0 && state.mode !== 0 ? { ...state, deviceBound: false, deviceWasBound: false } : state
}

type Statement = Extract<HoldingInput, { type: 'statement' }>

function factsOf(before: HoldingFacts, statement: Statement): HoldingFacts {
	const { devices, swap, registered, mode } = statement
	// One that no push wakes may be gone for good and would never say it; it counts while it says that it is registered.
	const asked = devices.filter((device) => device.wakeable || (device.foreground && device.registered))
	const saidUnregistered = asked.every((device) => device.unregistered)
	// Of several, the one that was bound may be the one that says so: mode 0 takes what it sees for proof, and wants to be sure.
	const ended = mode === 0 ? asked.some((device) => device.unregistered) : saidUnregistered
	const deviceBound = devices.some((device) => device.foreground && device.registered)
	const lapsed = devices.some((device) => device.registered && !device.foreground)
	return {
		wanted: decide(statement),
		saidUnregistered,
		inUse: devices.some((device) => device.foreground),
		deviceBound,
		deviceWasBound: !deviceBound && !ended && (lapsed || before.deviceBound || before.deviceWasBound),
		leaving: asked.some((device) => device.leaving),
		deviceSwaps: devices.every((device) => !device.foreground || device.registered || device.swaps),
		swap,
		registered,
		keepsSeveral: before.keepsSeveral,
	}
}

function onStatement(state: Holding): HoldingStep {
	const { mode, wanted } = state
	if (wanted === 'off') return letGo(state)
	if (mode === 1) return wanted === 'service' ? seekHolding(state) : seekRemoval(state)
	if (wanted === 'service') return desire({ ...seen(state), phase: 'away', ownGone: false }, 'hold')
	if (mode === 0 && state.desired === 'hold' && !state.keepsSeveral) return checkCoexistence(state)
	if (mode === 3) return desire({ ...seen(state), phase: 'devices' }, 'abandon')
	// What was left to its own end before stays left.
	const left = state.phase === 'devices' && state.desired === 'abandon'
	return desire({ ...seen(state), phase: 'devices' }, left ? 'abandon' : 'remove')
}

/**
 * Nobody is to hold through us. A binding that somebody may have overwritten is not removed: a removal that comes late takes
 * the winner's at some servers.
 */
function letGo(state: Holding): HoldingStep {
	const before = state.phase
	const off: Holding = { ...seen(state), phase: 'off' }
	switch (state.mode) {
		case 0:
			if (state.deviceBound && !state.keepsSeveral) return desire(off, 'abandon')
			return desire(off, state.desired === 'abandon' ? 'abandon' : 'remove')
		case 3:
			if (before === 'off') return desire(off, state.desired)
			return desire(off, before === 'away' && !state.deviceBound ? 'remove' : 'abandon')
		case 1:
			// Its binding has taken the place of ours.
			return desire(off, before === 'offering' && state.deviceBound ? 'abandon' : 'remove')
		case 2:
			return desire(off, 'remove')
	}
}

function onList(
	state: Holding,
	listing: Extract<HoldingInput, { type: 'bindings' | 'no-bindings' }>,
	nowMs: number,
): HoldingStep {
	if (listing.query !== state.query) return { state, effects: [] }
	if (state.phase === 'offering') return onOfferListing(state, listing, nowMs)
	if (state.phase !== 'checking') return { state, effects: [] }
	if (state.mode === 1) return onListing(state, listing, nowMs)
	return listing.type === 'bindings' ? onCoexistence(state, listing) : onCoexistenceUntold(state, listing.cause, nowMs)
}

/** Other modes than 1: what a 2xx that bound us lists beside us. Only the first one after a change tells of the device. */
function onListed(state: Holding, { ours, others }: { readonly ours: boolean; readonly others: number }): HoldingStep {
	const keepsSeveral = state.keepsSeveral || (ours && others > 0)
	return { state: { ...state, keepsSeveral, deviceWasBound: false }, effects: [] }
}

function onDue(state: Holding, nowMs: number): HoldingStep {
	if (state.dueAtMs === undefined || nowMs < state.dueAtMs) return { state, effects: [] }
	if (state.phase === 'offering') return onOfferRepeat(state)
	if (state.phase !== 'waiting') return { state, effects: [] }
	return state.mode === 1 ? onRepeat(state) : onCoexistenceRepeat(state)
}

/** Nothing is waited for, and what was seen under mode 1 is not known any more. */
function seen(state: Holding): Holding {
	return { ...state, dueAtMs: undefined, found: 0, othersGone: false, changedMode: false, gaveTurn: false }
}

/** Said every time: the registration machine does nothing about a desired binding that is there already. */
function desire(state: Holding, wanted: Holding['desired']): HoldingStep {
	return {
		state: { ...state, desired: wanted },
		effects: [
			{ type: 'desired-binding', desired: wanted, certain: false },
			{ type: 'blocking-reason', reason: undefined },
		],
	}
}
