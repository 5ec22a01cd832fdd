import { forbidden, unavailable } from './answers.ts'
import { type AnsweredChallenge, challenge, isRightPassword, readCredentials } from './authentication.ts'
import { applyContacts, withoutBinding } from './bind.ts'
import { guardEndsAtMs, useNonce } from './nonces.ts'
import type {
	CredentialInput,
	DetachCause,
	DeviceRegistration,
	RegisterInput,
	RegistrarEffect,
	RegistrarInput,
	RegistrarRules,
	RegistrarStep,
} from './types.ts'
import { NOTHING_KNOWN } from './types.ts'

/**
 * The registrar's machine for one device (RFC 3261 10.3, RFC 5626 6). A device of which nothing is known
 * is `NOTHING_KNOWN`. Effects are in the order in which they are to be carried out; the 200 comes before the event of the attach, so
 * that the device has its answer when the INVITE arrives.
 *
 *     detached --REGISTER, right password--> attached --Expires 0, flow closed, time over, device deleted--> detached
 *                                            attached --REGISTER on another flow--> attached, new bindingId
 */
export function step(
	rules: RegistrarRules,
	state: DeviceRegistration,
	input: RegistrarInput,
	nowMs: number,
): RegistrarStep {
	switch (input.type) {
		case 'register':
			return receiveRegister(rules, state, input, nowMs)
		case 'credential':
			return authenticate(rules, state, input, nowMs)
		case 'flow-closed':
			return state.binding?.flowId === input.flowId ? detach(rules, state, 'flow-closed', nowMs) : stay(state)
		case 'due':
			return expire(rules, state, nowMs)
		case 'device-removed':
			return removeDevice(rules, state, nowMs)
	}
}

function stay(state: DeviceRegistration, ...effects: RegistrarEffect[]): RegistrarStep {
	return { state, effects }
}

/** Everything that can be said without the password; looking it up is left to those who answered a challenge of ours. */
function receiveRegister(
	rules: RegistrarRules,
	state: DeviceRegistration,
	input: RegisterInput,
	nowMs: number,
): RegistrarStep {
	if (input.draining && state.binding?.flowId !== input.flow.id) return stay(state, unavailable(rules))
	const credentials = readCredentials(rules, input.register, input.flow, state.guard, nowMs)
	if (credentials.kind === 'answer') return stay(state, { type: 'open-credential' })
	return stay(state, challenge(rules, input, credentials.kind === 'stale', nowMs))
}

function authenticate(
	rules: RegistrarRules,
	state: DeviceRegistration,
	input: CredentialInput,
	nowMs: number,
): RegistrarStep {
	// Read again: another REGISTER may have used the same nonce up while the password was looked for.
	const credentials = readCredentials(rules, input.register, input.flow, state.guard, nowMs)
	if (credentials.kind !== 'answer') {
		return stay(state, challenge(rules, input, credentials.kind === 'stale', nowMs))
	}
	if (!isRightPassword(rules, input.register, credentials, input.credential)) {
		return stay(state, { type: 'password', right: false }, respondToWrong(rules, input, nowMs))
	}
	return admit(rules, state, input, credentials, nowMs)
}

/** Who shares an address with somebody that guesses is not kept out with him: it is the answer that is refused, not the address. */
function respondToWrong(rules: RegistrarRules, input: CredentialInput, nowMs: number): RegistrarEffect {
	if (input.throttle === 'source-blocked') return unavailable(rules)
	return input.throttle === 'device-blocked' ? forbidden() : challenge(rules, input, false, nowMs)
}

function admit(
	rules: RegistrarRules,
	state: DeviceRegistration,
	input: CredentialInput,
	{ nonce, count }: AnsweredChallenge,
	nowMs: number,
): RegistrarStep {
	const guard = useNonce(state.guard, nonce, count, nowMs)
	const applied = applyContacts(rules, { ...state, guard }, input, nowMs)
	return timed(rules, applied.state, [{ type: 'password', right: true }, ...applied.effects])
}

function timed(rules: RegistrarRules, state: DeviceRegistration, effects: readonly RegistrarEffect[]): RegistrarStep {
	return { state: { ...state, dueAtMs: dueAtMs(rules, state) }, effects }
}

function dueAtMs(rules: RegistrarRules, state: DeviceRegistration): number | undefined {
	if (state.binding) return state.binding.expiresAtMs
	return state.guard && guardEndsAtMs(state.guard, rules.nonceMaxAgeMs)
}

function detach(rules: RegistrarRules, state: DeviceRegistration, cause: DetachCause, nowMs: number): RegistrarStep {
	if (!state.binding) return stay(state)
	const rest = forgetOldGuard(rules, withoutBinding(state), nowMs)
	return timed(rules, rest, [{ type: 'detached', binding: state.binding, cause }])
}

/** The guard outlives the binding for as long as a used nonce would still be taken. */
function forgetOldGuard(rules: RegistrarRules, state: DeviceRegistration, nowMs: number): DeviceRegistration {
	return state.guard && guardEndsAtMs(state.guard, rules.nonceMaxAgeMs) > nowMs ? state : NOTHING_KNOWN
}

function expire(rules: RegistrarRules, state: DeviceRegistration, nowMs: number): RegistrarStep {
	if (state.binding && state.binding.expiresAtMs <= nowMs) return detach(rules, state, 'expired', nowMs)
	if (state.binding) return stay(state)
	return timed(rules, forgetOldGuard(rules, state, nowMs), [])
}

function removeDevice(rules: RegistrarRules, state: DeviceRegistration, nowMs: number): RegistrarStep {
	const { state: rest, effects } = detach(rules, state, 'device-removed', nowMs)
	if (!state.binding) return { state: rest, effects }
	return { state: rest, effects: [...effects, { type: 'close-flow', flowId: state.binding.flowId }] }
}
