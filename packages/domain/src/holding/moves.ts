import type { Holding, HoldingStep } from './types.ts'
import { told, waitUntil } from './waiting.ts'

const FIRST_POLL_MS = 1000
export const LAST_POLL_MS = 30_000

export const SILENT = 'the SIP server does not answer'

/** Nothing is waited for or looked for any more. */
const SETTLED = { dueAtMs: undefined, found: 0, changedMode: false } as const

/** Mode 1, nobody else is bound: the service binds, or goes on. */
export function hold(state: Holding): HoldingStep {
	const away: Holding = {
		...state,
		...SETTLED,
		phase: 'away',
		desired: 'hold',
		ownGone: false,
		othersGone: true,
		gaveTurn: false,
		deviceWasBound: false,
	}
	return told(away, undefined, [{ type: 'desired-binding', desired: 'hold', certain: false }])
}

/** Our contact is removed before a device has its turn. */
export function remove(state: Holding, certain: boolean): HoldingStep {
	return told({ ...state, phase: 'releasing', desired: 'remove', dueAtMs: undefined, changedMode: false }, undefined, [
		{ type: 'desired-binding', desired: 'remove', certain },
	])
}

/** Ours is gone. */
export function devicesTurn(state: Holding): HoldingStep {
	const devices: Holding = {
		...state,
		...SETTLED,
		phase: 'devices',
		ownGone: true,
		othersGone: false,
		gaveTurn: true,
	}
	// What was kept is gone without a REGISTER of ours.
	if (state.desired !== 'keep') return told({ ...devices, desired: 'remove' }, undefined, [])
	return told({ ...devices, desired: 'abandon' }, undefined, [
		{ type: 'desired-binding', desired: 'abandon', certain: false },
	])
}

/** Asks again with a growing rest. */
export function poll(state: Holding, nowMs: number, reason: string): HoldingStep {
	return waitUntil(state, nowMs + pollPause(state), reason)
}

/** Its length. */
export function pollPause({ found }: Holding): number {
	return Math.min(LAST_POLL_MS, FIRST_POLL_MS * 2 ** Math.min(found, 10))
}
