import { registered, respond, tooBrief } from './answers.ts'
import type { RegisterContact } from './contacts.ts'
import type { RegisterRequest } from './register-request.ts'
import { isSameUri } from './same-uri.ts'
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
	const wanted = register.contacts.filter((contact) => askedSeconds(rules, register, contact) > 0)
	const [contact, another] = wanted
	if (another) return { state, effects: [respond(400, 'One Contact for Each Flow')] }
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
	const isNamed = register.contacts.some(
		(contact) =>
			isSameUri(contact.uri, binding.contact.uri) ||
			(binding.flowId === flow.id &&
				contact.instanceId !== undefined &&
				contact.instanceId === binding.contact.instanceId),
	)
	return isNamed ? binding : undefined
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
	return state.guard ? { guard: state.guard } : {}
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
