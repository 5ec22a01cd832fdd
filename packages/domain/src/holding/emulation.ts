import type { RegistrationState } from '../account/registration-status.ts'
import type { Holding, HoldingEffect, HoldingInput, HoldingStep } from './types.ts'

const FIRST_POLL_MS = 1000
const LAST_POLL_MS = 30_000
/** Questions without an answer before our own contact is removed to learn what others there are. */
const SILENCES = 3

/** Nothing is waited for or looked for any more. */
const SETTLED = { dueAtMs: 0, found: 0, changedMode: false } as const

type Answer = Extract<HoldingInput, { type: 'bindings' | 'no-bindings' }>

/** Mode 1, the devices are away: the service may bind only once the registrar shows no other binding. */
export function seekHolding(state: Holding): HoldingStep {
	switch (state.phase) {
		case 'away':
			return state.othersGone ? hold(state) : lookAround(state)
		// Nobody was told yet that it is their turn, so the way back is open; unless another mode or process told them.
		case 'releasing':
			return state.othersGone ? hold(state) : ask({ ...state, found: 0 })
		case 'checking':
			return { state, effects: [] }
		// A new statement is worth a new look before the poll.
		case 'waiting':
		case 'devices':
		case 'off':
			return ask({ ...state, found: 0 })
	}
}

/** Mode 1, a device is in the foreground: it may register only once our own binding is known to be gone. */
export function seekRelease(state: Holding): HoldingStep {
	switch (state.phase) {
		case 'releasing':
			return { state, effects: [] }
		// Another mode, or an earlier process, may have left a binding of ours.
		case 'devices':
		case 'checking':
		case 'waiting':
		case 'away':
		case 'off':
			return state.ownGone ? devicesTurn(state) : release(state)
	}
}

/** The registration came to rest. Only an unregister that was confirmed, or that ran out, ends `releasing`. */
export function onRegistration(state: Holding, registration: RegistrationState): HoldingStep {
	if (state.mode !== 1 || state.phase !== 'releasing' || registration !== 'unregistered') return { state, effects: [] }
	return devicesTurn(state)
}

/** The registrar's answer to the newest question. */
export function onAnswer(state: Holding, answer: Answer, nowMs: number): HoldingStep {
	if (state.phase !== 'checking' || answer.question !== state.question) return { state, effects: [] }
	if (answer.type === 'no-bindings') {
		// Somebody who says nothing of itself may be bound: a server that tells is waited for.
		if (answer.cause === 'unanswered') return onSilence(state, nowMs)
		// A removal of our own asks as well. After a restart ours may be all there is, and stays.
		if (state.changedMode) return askReleased(state)
		// Not to be verified: the devices' own word is all there is.
		if (state.saidUnregistered) return hold(state)
		return wait(state, nowMs, 'the SIP server does not say which bindings it has')
	}
	if (answer.others > 0) return giveWay(state, nowMs, 'the device is still registered at the SIP server')
	return hold(state)
}

/** A server that answers no question may answer a removal: tried by and by where ours may still be bound. */
function onSilence(state: Holding, nowMs: number): HoldingStep {
	if (state.wish === 'forget' && state.found >= SILENCES) return askReleased(state)
	return wait(state, nowMs, 'the SIP server does not answer')
}

/** Time to ask again. */
export function onRepeat(state: Holding, nowMs: number): HoldingStep {
	if (state.phase !== 'waiting' || nowMs < state.dueAtMs) return { state, effects: [] }
	return ask(state)
}

function hold(state: Holding): HoldingStep {
	return told({ ...state, ...SETTLED, phase: 'away', wish: 'hold', ownGone: false, othersGone: true }, undefined, [
		{ type: 'wish', wish: 'hold', certain: false },
	])
}

function release(state: Holding): HoldingStep {
	return told({ ...state, phase: 'releasing', wish: 'release', dueAtMs: 0, changedMode: false }, undefined, [
		{ type: 'wish', wish: 'release', certain: true },
	])
}

function devicesTurn(state: Holding): HoldingStep {
	return told(
		{ ...state, ...SETTLED, phase: 'devices', wish: 'release', ownGone: true, othersGone: false },
		undefined,
		[],
	)
}

/** The account comes from another mode, where others may be bound beside us: nothing is bound anew until that is known. */
function lookAround(state: Holding): HoldingStep {
	return askWishing({ ...state, wish: 'forget', found: 0, changedMode: true })
}

/** What we may have from another mode goes first. */
function askReleased(state: Holding): HoldingStep {
	return askWishing({ ...state, wish: 'release', changedMode: false })
}

function askWishing(state: Holding): HoldingStep {
	const { state: asking, effects } = ask(state)
	return { state: asking, effects: [{ type: 'wish', wish: state.wish, certain: false }, ...effects] }
}

function ask(state: Holding): HoldingStep {
	const question = state.question + 1
	return { state: { ...state, phase: 'checking', question, dueAtMs: 0 }, effects: [{ type: 'ask', question }] }
}

function wait(state: Holding, nowMs: number, reason: string): HoldingStep {
	const pause = Math.min(LAST_POLL_MS, FIRST_POLL_MS * 2 ** Math.min(state.found, 10))
	return told({ ...state, phase: 'waiting', found: state.found + 1, dueAtMs: nowMs + pause }, reason, [])
}

/** The other one stays; what we may still have from another mode goes. */
function giveWay(state: Holding, nowMs: number, reason: string): HoldingStep {
	const waiting = wait({ ...state, wish: 'release' }, nowMs, reason)
	if (state.wish === 'release') return waiting
	return { ...waiting, effects: [{ type: 'wish', wish: 'release', certain: false }, ...waiting.effects] }
}

function told(state: Holding, reason: string | undefined, effects: readonly HoldingEffect[]): HoldingStep {
	return { state, effects: [...effects, { type: 'hindrance', reason }] }
}
