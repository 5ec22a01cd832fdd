import { type Decision, decide } from './decision.ts'
import { onAnswer, onRegistration, onRepeat, seekHolding, seekRelease } from './emulation.ts'
import type { Holding, HoldingInput, HoldingStep } from './types.ts'

/** The holding of an account that nothing is known of yet. */
export function initialHolding(): Holding {
	return {
		phase: 'off',
		mode: 0,
		wish: 'forget',
		question: 0,
		found: 0,
		dueAtMs: 0,
		saidUnregistered: false,
		ownGone: false,
		othersGone: false,
		changedMode: false,
	}
}

/**
 * Who holds the upstream binding, per account and registration mode (ADR 8). Pure.
 *
 * Modes 0, 2 and 3 follow from the devices' statements alone. Mode 1 (single-device emulation) must never have two
 * holders, so it looks before it moves, both ways:
 *
 * ```
 *   away --foreground--> releasing --removed--> devices --all away--> checking --gone--> away
 *     ^                     |                      ^                   |   ^
 *     +------all away-------+                      +----foreground-----+   | due
 *                                                                      waiting (still bound)
 * ```
 */
export function stepHolding(state: Holding, input: HoldingInput, nowMs: number): HoldingStep {
	switch (input.type) {
		case 'statement':
			return onStatement(withWord(state, input), decide(input))
		case 'registration':
			return onRegistration(state, input.state)
		case 'bindings':
		case 'no-bindings':
			return onAnswer(state, input, nowMs)
		case 'due':
			return onRepeat(state, nowMs)
	}
}

function withWord(state: Holding, statement: Extract<HoldingInput, { type: 'statement' }>): Holding {
	// One that no push wakes may be gone for good and would never say it; it counts while it says that it is registered.
	const asked = statement.devices.filter((device) => device.wakeable || (device.foreground && device.registered))
	return { ...state, mode: statement.mode, saidUnregistered: asked.every((device) => device.unregistered) }
}

function onStatement(state: Holding, decision: Decision): HoldingStep {
	const { mode } = state
	const unseen: Holding = { ...state, dueAtMs: 0, othersGone: false, changedMode: false }
	if (decision === 'off') return wish({ ...unseen, phase: 'off' }, mode === 3 ? 'forget' : 'release')
	if (mode === 1) return decision === 'service' ? seekHolding(state) : seekRelease(state)
	if (decision === 'service') return wish({ ...unseen, phase: 'away', ownGone: false }, 'hold')
	return wish({ ...unseen, phase: 'devices' }, mode === 3 ? 'forget' : 'release')
}

/** Said every time: the registration machine makes nothing of a wish that it fulfils already. */
function wish(state: Holding, wanted: Holding['wish']): HoldingStep {
	return {
		state: { ...state, wish: wanted },
		effects: [
			{ type: 'wish', wish: wanted, certain: false },
			{ type: 'hindrance', reason: undefined },
		],
	}
}
