import { formatContact } from './contacts.ts'
import type { DeviceRegistration, EdgeBinding, HeaderPairs, RegistrarEffect, RegistrarRules } from './types.ts'

export function respond(status: number, reason?: string, headers: HeaderPairs = []): RegistrarEffect {
	return reason === undefined ? { type: 'respond', status, headers } : { type: 'respond', status, reason, headers }
}

/** 503 that tells when to come back (RFC 3261 21.5.4). */
export function unavailable(rules: RegistrarRules): RegistrarEffect {
	return respond(503, undefined, [['Retry-After', String(rules.retryAfterSeconds)]])
}

export function forbidden(): RegistrarEffect {
	return respond(403)
}

/** RFC 3261 10.3 step 7. */
export function tooBrief(rules: RegistrarRules): RegistrarEffect {
	return respond(423, undefined, [['Min-Expires', String(rules.minExpiresSeconds)]])
}

/** RFC 3261 10.3 step 8: every Contact that is bound now, with what is left of its time. */
export function registered(
	rules: RegistrarRules,
	state: DeviceRegistration | undefined,
	outbound: boolean,
	nowMs: number,
): RegistrarEffect {
	const headers: [string, string][] = []
	const binding = state?.binding
	if (binding) headers.push(['Contact', formatContact(binding.contact, secondsLeft(binding, nowMs))])
	if (binding && outbound && usesOutbound(binding)) {
		// RFC 5626 6 and 4.4.1.
		headers.push(['Require', 'outbound'], ['Flow-Timer', String(rules.flowTimerSeconds)])
	}
	return respond(200, undefined, headers)
}

function secondsLeft(binding: EdgeBinding, nowMs: number): number {
	return Math.max(0, Math.round((binding.expiresAtMs - nowMs) / 1000))
}

function usesOutbound(binding: EdgeBinding): boolean {
	return binding.contact.instanceId !== undefined && binding.contact.regId !== undefined
}
