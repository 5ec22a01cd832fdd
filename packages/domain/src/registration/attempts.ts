import type { RegistrationStatus } from '../account/registration-status.ts'
import { countUse } from './challenges.ts'
import { CSEQ_RANGE } from './request.ts'
import type { Registration, RegistrationEffect, RegistrationStep } from './types.ts'

/** Sends a REGISTER that binds our contact, or keeps it bound. */
export function refresh(state: Registration, nowMs: number): RegistrationStep {
	const asked = askedSeconds(state)
	// A refresh of what is bound is no news to anybody; only the first attempt and those after a failure show.
	const visible = state.status.state !== 'registered' && state.status.state !== 'failing'
	return send({ ...state, phase: 'registering' }, asked, visible ? 'registering' : state.status.state, nowMs)
}

/** The Expires that a binding REGISTER asks for: what the account wants, and at least what the registrar insisted on. */
export function askedSeconds(state: Registration): number {
	return Math.max(state.expiresSeconds, state.minExpiresSeconds)
}

/** Sends a REGISTER that removes our contact. */
export function unregister(state: Registration, nowMs: number): RegistrationStep {
	return send({ ...state, phase: 'unregistering' }, 0, 'unregistering', nowMs)
}

/** Repeats what was refused (challenge, 423, 3xx) at once, as a new attempt. */
export function repeat(state: Registration, nowMs: number): RegistrationStep {
	return state.phase === 'unregistering' ? unregister(state, nowMs) : refresh(state, nowMs)
}

function send(
	state: Registration,
	expiresSeconds: number,
	shown: RegistrationStatus['state'],
	nowMs: number,
): RegistrationStep {
	if (state.generation === 0) return { state: { ...state, phase: 'idle', dueAtMs: 0 }, effects: [] }
	if (state.cseqCount + 1 >= CSEQ_RANGE) return askForGeneration(state)
	const cseqCount = state.cseqCount + 1
	const attempt = state.attempt + 1
	const challenges = countUse(state.challenges)
	const effects: RegistrationEffect[] = [
		{
			type: 'register',
			attempt,
			cseqCount,
			expiresSeconds,
			answers: challenges,
			...(state.redirectUri === undefined ? {} : { redirectUri: state.redirectUri }),
		},
	]
	const next: Registration = {
		...state,
		attempt,
		cseqCount,
		challenges,
		inFlight: true,
		dueAtMs: 0,
		redirectUri: undefined,
		boundUntilMs: mayBeBoundUntil(state, expiresSeconds, nowMs),
	}
	return withStatus(next, { state: shown }, nowMs, effects)
}

/** From the moment a binding REGISTER leaves, the contact may be bound, whatever becomes of the answer. */
function mayBeBoundUntil(state: Registration, expiresSeconds: number, nowMs: number): number {
	return expiresSeconds === 0 ? state.boundUntilMs : Math.max(state.boundUntilMs, nowMs + expiresSeconds * 1000)
}

/** Stops until the driver configures the next generation, which brings a fresh Call-ID and CSeq range. */
export function askForGeneration(state: Registration): RegistrationStep {
	const next: Registration = { ...state, inFlight: false, phase: 'backing-off', dueAtMs: 0 }
	return { state: next, effects: [{ type: 'next-generation' }] }
}

type StatusFacts = Omit<RegistrationStatus, 'sinceMs' | 'accountVersion'>

/** Puts the visible state beside the effects, and says so only when something a tenant can see has changed. */
export function withStatus(
	state: Registration,
	facts: StatusFacts,
	nowMs: number,
	effects: readonly RegistrationEffect[] = [],
): RegistrationStep {
	const before = state.status
	const inPlace = before.state === facts.state
	const status: RegistrationStatus = {
		...(inPlace ? before : {}),
		...facts,
		sinceMs: inPlace ? before.sinceMs : nowMs,
		accountVersion: state.accountVersion,
	}
	const told = inPlace && before.accountVersion === status.accountVersion && sameFacts(before, status)
	return { state: { ...state, status }, effects: told ? effects : [...effects, { type: 'status', status }] }
}

// `nextAttemptMs` moves with every refresh; it is shown, but is no reason to write (no write per refresh).
function sameFacts(a: RegistrationStatus, b: RegistrationStatus): boolean {
	return a.reason === b.reason && a.sipStatus === b.sipStatus && a.grantedExpiresSeconds === b.grantedExpiresSeconds
}
