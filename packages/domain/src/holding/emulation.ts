import type { RegistrationState } from '../account/registration-status.ts'
import { devicesTurn, hold, LAST_POLL_MS, poll, pollPause, remove, SILENT } from './moves.ts'
import { FAILS, hasFailed, mayOffer, maySwap, offer, swapOver, verifyOffer, withNews } from './swap.ts'
import type { Holding, HoldingInput, HoldingStep, SeenBindings } from './types.ts'
import { queryBindings, queryDesiring, waitUntil } from './waiting.ts'

/** A device that has just gone away removes its binding within the first few looks, or not any more. */
const LOOKS_AT_LEAVING = 4
/** A binding that is listed with a second ends within it. */
const AFTER_ITS_END_MS = 250
/** A registrar that was restarted forgets what it had: looked at as often as a refresh would show it. */
const LONGEST_WAIT_MS = 600_000
/** Queries without an answer before our own contact is removed to learn what others there are. */
const SILENCES = 3

const STILL_BOUND = 'the device is still registered at the SIP server'
const UNTOLD = 'the SIP server does not say which bindings it has'

type Listing = Extract<HoldingInput, { type: 'bindings' | 'no-bindings' }>

/** Mode 1, the devices are away: the service may bind only once the registrar shows no other binding. */
export function seekHolding(state: Holding): HoldingStep {
	switch (state.phase) {
		case 'away':
			return state.othersGone ? hold(state) : lookAround(state)
		// Nobody was told yet that it is their turn, so the way back is open; unless another mode or process told them.
		case 'releasing':
			return state.othersGone ? hold(state) : look({ ...state, found: 0 })
		case 'checking':
		case 'swapping':
			return { state, effects: [] }
		// Under another mode ours was left to its own end.
		case 'devices':
			return state.desired === 'abandon' && !state.ownGone ? lookAround(state) : look({ ...state, found: 0 })
		// A new statement is worth a new look before the poll.
		case 'waiting':
		case 'offering':
		case 'off':
			return look({ ...state, found: 0 })
	}
}

/** Mode 1, a device is in the foreground: it may register only once our own binding is known to be gone, or in its place. */
export function seekRemoval(state: Holding): HoldingStep {
	switch (state.phase) {
		case 'releasing':
		// It ends first: one REGISTER at a time, and whose binding is there is known only then.
		case 'swapping':
			return { state, effects: [] }
		case 'offering':
			return offerAgain(state)
		case 'away':
			if (mayOffer(state)) return offer(state)
			return state.ownGone ? devicesTurn(state) : remove(state, true)
		// A removal that asks what others there are may be on its way, and would come late.
		case 'checking':
			if (state.ownGone && state.desired === 'remove') return remove(state, false)
			return state.desired === 'keep' ? offerAgain(state) : turnOrLook(state)
		case 'waiting':
			return state.desired === 'keep' ? offerAgain(state) : turnOrLook(state)
		// Another mode, or an earlier process, may have left a binding of ours.
		case 'devices':
		case 'off':
			return turnOrLook(state)
	}
}

/** What was offered stands, or was taken, unless a device has come that cannot take it. */
function offerAgain(state: Holding): HoldingStep {
	if (state.deviceBound) return verifyOffer(state)
	if (!state.deviceSwaps || !state.registered) return remove(state, true)
	return state.phase === 'offering' ? { state, effects: [] } : offer(state)
}

/** Only what the registrar lists as ours is removed: after a start the device's binding may be all there is. */
function turnOrLook(state: Holding): HoldingStep {
	if (state.ownGone) return devicesTurn(state)
	return state.phase === 'off' && state.deviceBound ? queryBindings({ ...state, found: 0 }) : remove(state, true)
}

/** The registration came to rest. Only an unregister that was confirmed, or that ran out, ends `releasing`. */
export function onRegistration(
	state: Holding,
	registration: { readonly state: RegistrationState; readonly mayBeBound: boolean },
): HoldingStep {
	if (state.mode !== 1 || registration.state !== 'unregistered') return { state, effects: [] }
	if (state.phase === 'releasing') return devicesTurn(state)
	// What was offered has ended; or a refresh was under way, and what became of it is not known.
	if (state.phase === 'offering') return registration.mayBeBound ? remove(state, true) : devicesTurn(state)
	return { state, effects: [] }
}

/** The registrar's answer to the newest query. */
export function onListing(state: Holding, listing: Listing, nowMs: number): HoldingStep {
	if (state.wanted === 'devices') return onListingForDevices(state, listing)
	if (listing.type === 'no-bindings') {
		// Somebody who says nothing of itself may be bound: a server that tells is waited for.
		if (listing.cause === 'unanswered') return onSilence(state, nowMs)
		// A removal of our own asks as well. After a restart ours may be all there is, and stays.
		if (state.changedMode) return queryAfterRemoval(state)
		// Not to be verified: the devices' own word is all there is.
		if (state.saidUnregistered) return hold(state)
		return poll(state, nowMs, UNTOLD)
	}
	if (listing.others === 0) return hold(state)
	if (hasFailed(state, listing)) return withNews(FAILS, giveWay({ ...state, swap: 'fails' }, listing, nowMs))
	return maySwap(state, listing) ? swapOver(state, listing.other) : giveWay(state, listing, nowMs)
}

/** After a start, with a device in the foreground: ours goes where it is listed, or may be there. */
function onListingForDevices(state: Holding, listing: Listing): HoldingStep {
	const gone =
		listing.type === 'bindings' ? !listing.ours : listing.cause === 'untold' && state.deviceBound && !state.changedMode
	return gone ? devicesTurn(state) : remove(state, true)
}

/** A server that answers no query may answer a removal: tried by and by where ours may still be bound. */
function onSilence(state: Holding, nowMs: number): HoldingStep {
	if (state.desired === 'abandon' && state.found >= SILENCES) return queryAfterRemoval(state)
	return poll(state, nowMs, SILENT)
}

/** Time to ask again. */
export function onRepeat(state: Holding): HoldingStep {
	return look(state)
}

/**
 * Asks what is bound. A server that refuses that is asked by a removal of our contact, which some take for the removal of
 * everybody's: not while a device is in use that no push can wake, and ours is known to be gone.
 */
function look(state: Holding): HoldingStep {
	const mayQueryByRemoval = !state.inUse || !state.ownGone || state.desired !== 'remove'
	return mayQueryByRemoval ? queryBindings(state) : queryDesiring(state, 'abandon')
}

/** The account comes from another mode, where others may be bound beside us: nothing is bound anew until that is known. */
function lookAround(state: Holding): HoldingStep {
	return queryDesiring({ ...state, found: 0, changedMode: true }, 'abandon')
}

/** What we may have from another mode goes first. */
function queryAfterRemoval(state: Holding): HoldingStep {
	return queryDesiring({ ...state, changedMode: false }, 'remove')
}

/**
 * The other one stays, and is looked at again when it ends; sooner only where a device may be removing it just now, or where
 * the registrar does not say when that is. What we may still have from another mode goes.
 */
function giveWay(state: Holding, { lastsSeconds = 0 }: SeenBindings, nowMs: number): HoldingStep {
	const hasEnd = lastsSeconds > 0
	const endMs = Math.min(LONGEST_WAIT_MS, lastsSeconds * 1000 + AFTER_ITS_END_MS)
	const soon = !hasEnd || (state.leaving && state.found < LOOKS_AT_LEAVING)
	const pauseMs = soon ? Math.min(pollPause(state), hasEnd ? endMs : LAST_POLL_MS) : endMs
	const waiting = waitUntil({ ...state, desired: 'remove' }, nowMs + pauseMs, STILL_BOUND)
	if (state.desired === 'remove') return waiting
	return { ...waiting, effects: [{ type: 'desired-binding', desired: 'remove', certain: false }, ...waiting.effects] }
}
