import { registered, respond, tooBrief } from './answers.ts'
import type { RegisterContact } from './contacts.ts'
import type { RegisterRequest } from './register-request.ts'
import { isSameUri, userOf } from './same-uri.ts'
import type {
	DeviceRegistration,
	EdgeBinding,
	FlowFacts,
	RegistrarEffect,
	RegistrarRules,
	RegistrarStep,
} from './types.ts'

/** A REGISTER whose sender is known for sure. */
export interface AuthenticRegister {
	readonly register: RegisterRequest
	readonly flow: FlowFacts
	/** For a new binding. */
	readonly bindingId: string
}

/** Steps 6 to 8 of RFC 3261 10.3: query, remove, or bind. */
export function applyContacts(
	rules: RegistrarRules,
	state: DeviceRegistration,
	request: AuthenticRegister,
	nowMs: number,
): RegistrarStep {
	const { register } = request
	if (register.contacts === 'all') return remove(rules, state, request, state.binding, nowMs)
	if (register.contacts.length === 0) return { state, effects: [registered(rules, state, register.outbound, nowMs)] }
	if (isOutOfOrder(state.binding, register)) return { state, effects: [respond(400, 'CSeq Out of Order')] }
	// Some list an address for each network or transport that they have. All of them lead to this flow, so one will do.
	const contact = register.contacts.find((each) => askedSeconds(rules, register, each) > 0)
	if (!contact) return remove(rules, state, request, namedBinding(state.binding, request), nowMs)
	const seconds = Math.min(askedSeconds(rules, register, contact), rules.maxExpiresSeconds)
	if (seconds < rules.minExpiresSeconds) return { state, effects: [tooBrief(rules)] }
	return bind(rules, state, request, contact, seconds, nowMs)
}

/** RFC 3261 10.3 step 7: within one Call-ID the CSeq must rise. */
function isOutOfOrder(binding: EdgeBinding | undefined, register: RegisterRequest): boolean {
	return binding !== undefined && binding.callId === register.callId && register.cseq <= binding.cseq
}

function askedSeconds(rules: RegistrarRules, register: RegisterRequest, contact: RegisterContact): number {
	return contact.expiresSeconds ?? register.expiresSeconds ?? rules.maxExpiresSeconds
}

/**
 * The binding, if the Contacts to be removed mean it. A device that has moved on to another flow and unregisters on the old
 * one afterwards must not take the new binding with it, so from elsewhere only the very same URI counts.
 */
function namedBinding(binding: EdgeBinding | undefined, request: AuthenticRegister): EdgeBinding | undefined {
	const { register, flow } = request
	if (!binding || register.contacts === 'all') return undefined
	const isHere = binding.flowId === flow.id
	const isNamed = register.contacts.some(
		({ uri, instanceId }) =>
			isSameUri(uri, binding.contact.uri) ||
			(isHere && (isSameInstance(instanceId, binding) || isSameRegistration(uri, binding, register))),
	)
	return isNamed ? binding : undefined
}

/** RFC 5626 4.1: an instance-id is a URN; those that phones have, UUIDs, are the same in any case (RFC 4122 3). */
function isSameInstance(instanceId: string | undefined, { contact }: EdgeBinding): boolean {
	return instanceId !== undefined && instanceId.toLowerCase() === contact.instanceId?.toLowerCase()
}

/** One that has learnt its address anew gives up its registration under that, for the same user and in the same series (10.2.4). */
function isSameRegistration(uri: string, binding: EdgeBinding, register: RegisterRequest): boolean {
	return register.callId === binding.callId && userOf(uri) === userOf(binding.contact.uri)
}

function remove(
	rules: RegistrarRules,
	state: DeviceRegistration,
	{ register }: AuthenticRegister,
	binding: EdgeBinding | undefined,
	nowMs: number,
): RegistrarStep {
	if (!binding) return { state, effects: [registered(rules, state, register.outbound, nowMs)] }
	const next = withoutBinding(state)
	return {
		state: next,
		effects: [registered(rules, next, register.outbound, nowMs), { type: 'detached', binding, cause: 'unregistered' }],
	}
}

export function withoutBinding(state: DeviceRegistration): DeviceRegistration {
	const { binding: _gone, ...rest } = state
	return rest
}

/**
 * Binds the contact to the flow. One device has one binding: what it had on another flow is replaced, without a detach in
 * between, because it was never gone.
 */
function bind(
	rules: RegistrarRules,
	state: DeviceRegistration,
	request: AuthenticRegister,
	contact: RegisterContact,
	seconds: number,
	nowMs: number,
): RegistrarStep {
	const { register, flow } = request
	const old = state.binding?.flowId === flow.id ? state.binding : undefined
	const expiresAtMs = nowMs + seconds * 1000
	const isStored = old !== undefined && old.contact.uri === contact.uri && expiresAtMs <= old.storedUntilMs
	const binding: EdgeBinding = {
		bindingId: old?.bindingId ?? request.bindingId,
		flowId: flow.id,
		contact,
		callId: register.callId,
		cseq: register.cseq,
		attachedAtMs: old?.attachedAtMs ?? nowMs,
		expiresAtMs,
		storedUntilMs: isStored ? old.storedUntilMs : Math.max(expiresAtMs, nowMs + rules.storedLifetimeMs),
	}
	const next = { ...state, binding }
	const effects: RegistrarEffect[] = [registered(rules, next, register.outbound, nowMs)]
	if (old?.contact.uri !== contact.uri) effects.push({ type: 'attached', binding })
	else if (!isStored) effects.push({ type: 'store', binding })
	return { state: next, effects }
}
