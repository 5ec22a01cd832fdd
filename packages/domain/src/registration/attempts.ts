import type { RegistrationStatus } from '../account/registration-status.ts'
import { countUse } from './challenges.ts'
import { CSEQ_RANGE } from './request.ts'
import type { Registration, RegistrationEffect, RegistrationStep } from './types.ts'

type RegisterEffect = Extract<RegistrationEffect, { type: 'register' }>

/** Sends a REGISTER that binds our contact, or keeps it bound. */
export function refresh(state: Registration, nowMs: number): RegistrationStep {
	const asked = askedSeconds(state)
	// A refresh of what is bound is no news to anybody; only the first attempt and those after a failure show.
	const visible = state.status.state !== 'registered' && state.status.state !== 'failing'
	const shown = visible ? 'registering' : state.status.state
	if (state.generation === 0) return { state: { ...state, phase: 'idle', dueAtMs: 0 }, effects: [] }
	// From the moment it leaves, the contact may be bound, whatever becomes of the answer.
	const boundUntilMs = Math.max(state.boundUntilMs, nowMs + asked * 1000)
	return send(state, { phase: 'registering', boundUntilMs, expiresSeconds: asked, shown }, nowMs)
}

/** The Expires that a binding REGISTER asks for: what the account wants, and at least what the registrar insisted on. */
export function askedSeconds(state: Registration): number {
	return Math.max(state.expiresSeconds, state.minExpiresSeconds)
}

/** Sends a REGISTER that removes our contact. */
export function unregister(state: Registration, nowMs: number): RegistrationStep {
	if (state.generation === 0) return { state: { ...state, phase: 'idle', dueAtMs: 0 }, effects: [] }
	const { boundUntilMs } = state
	return send(state, { phase: 'unregistering', boundUntilMs, expiresSeconds: 0, shown: 'unregistering' }, nowMs)
}

/** Repeats what was refused (challenge, 423, 3xx) at once, as a new attempt; what is not wished any more is left. */
export function repeat(state: Registration, nowMs: number): RegistrationStep {
	return state.wish === 'hold' ? refresh(state, nowMs) : unregister(state, nowMs)
}

/**
 * Sends a REGISTER without Contact for that question (RFC 3261 10.2.3), or one that removes our contact where `byRemoval`
 * says so; `dueAtMs` and the phase stay as they are. Undefined when no number is left for it.
 */
export function fetchBindings(state: Registration, question: number, byRemoval = false): RegistrationStep | undefined {
	if (state.generation === 0 || state.cseqCount + 1 >= CSEQ_RANGE) return undefined
	// A newer question that came while this one was under way waits on.
	const waiting = state.question === question ? 0 : state.question
	const effect = registerEffect(state, byRemoval ? 0 : undefined)
	const { attempt, cseqCount, answers: challenges } = effect
	const next: Registration = {
		...state,
		question: waiting,
		asking: question,
		byRemoval,
		attempt,
		cseqCount,
		challenges,
		inFlight: true,
	}
	return { state: next, effects: [effect] }
}

interface Sending {
	readonly phase: Registration['phase']
	readonly boundUntilMs: number
	readonly expiresSeconds: number
	/** What is shown while it is under way. */
	readonly shown: RegistrationStatus['state']
}

function send(
	state: Registration,
	{ phase, boundUntilMs, expiresSeconds, shown }: Sending,
	nowMs: number,
): RegistrationStep {
	if (state.cseqCount + 1 >= CSEQ_RANGE) return askForGeneration({ ...state, phase, boundUntilMs })
	const effect = registerEffect(state, expiresSeconds)
	const { attempt, cseqCount, answers: challenges } = effect
	// One copy for all that changes: this is the step of every refresh.
	const next: Registration = {
		...state,
		phase,
		boundUntilMs,
		attempt,
		cseqCount,
		challenges,
		inFlight: true,
		dueAtMs: 0,
		redirectUri: undefined,
	}
	return withStatus(next, { state: shown }, nowMs, [effect])
}

function registerEffect(state: Registration, expiresSeconds: number | undefined): RegisterEffect {
	return {
		type: 'register',
		attempt: state.attempt + 1,
		cseqCount: state.cseqCount + 1,
		expiresSeconds,
		answers: countUse(state.challenges),
		redirectUri: state.redirectUri,
		withoutOutbound: state.path.withoutOutbound === true,
	}
}

/** Stops until the driver configures the next generation, which brings a fresh Call-ID and CSeq range. */
export function askForGeneration(state: Registration): RegistrationStep {
	const next: Registration = { ...state, inFlight: false, phase: 'backing-off', dueAtMs: 0 }
	return { state: next, effects: [{ type: 'next-generation' }] }
}

/** Nothing is sent any more; a binding of ours ends by itself or is overwritten. */
export function leaveAlone(state: Registration, nowMs: number): RegistrationStep {
	const next: Registration = {
		...state,
		phase: 'idle',
		certain: false,
		dueAtMs: 0,
		failures: 0,
		freshlyAnswered: [],
		challengeRounds: 0,
		redirectUri: undefined,
	}
	return withStatus(next, { state: 'unregistered' }, nowMs)
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
	if (saysNothingNew(state, facts)) return { state, effects }
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

/** Whether all of it stands in the status already, for this version of the account: no copy is made for that. */
function saysNothingNew({ status, accountVersion }: Registration, facts: StatusFacts): boolean {
	if (status.accountVersion !== accountVersion) return false
	for (const name in facts) if (facts[name as keyof StatusFacts] !== status[name as keyof StatusFacts]) return false
	return true
}

// `nextAttemptMs` moves with every refresh; it is shown, but is no reason to write (no write per refresh).
function sameFacts(a: RegistrationStatus, b: RegistrationStatus): boolean {
	return (
		a.reason === b.reason &&
		a.sipStatus === b.sipStatus &&
		a.confirmed === b.confirmed &&
		a.grantedExpiresSeconds === b.grantedExpiresSeconds
	)
}
