import type { RegistrationStatus } from '../account/registration-status.ts'
import { countUse } from './challenges.ts'
import { CSEQ_RANGE } from './request.ts'
import type { Registration, RegistrationEffect, RegistrationStep } from './types.ts'

type RegisterEffect = Extract<RegistrationEffect, { type: 'register' }>

/** Sends a REGISTER that binds our contact, or keeps it bound; to the registrar, unless a 3xx has just sent it elsewhere. */
export function refresh(state: Registration, nowMs: number, redirectUri?: string): RegistrationStep {
	const asked = askedSeconds(state)
	const shown = shownWhileBinding(state)
	if (state.generation === 0) return { state: { ...state, phase: 'idle', dueAtMs: undefined }, effects: [] }
	// From the moment it leaves, the contact may be bound, whatever becomes of the answer.
	const boundUntilMs = Math.max(state.boundUntilMs, nowMs + asked * 1000)
	return send(state, { phase: 'registering', boundUntilMs, expiresSeconds: asked, shown, redirectUri }, nowMs)
}

/** A refresh of what is bound is no news, and a try that time brings is none before its end. */
function shownWhileBinding({ status, phase }: Registration): RegistrationStatus['state'] {
	switch (status.state) {
		case 'registered':
		case 'failing':
			return status.state
		case 'rejected':
			return phase === 'idle' ? 'registering' : 'rejected'
		default:
			return 'registering'
	}
}

/** The Expires that a binding REGISTER asks for: what the account wants, and at least what the registrar insisted on. */
export function askedSeconds(state: Registration): number {
	return Math.max(state.expiresSeconds, state.minExpiresSeconds)
}

/** Sends a REGISTER that removes our contact. */
export function unregister(state: Registration, nowMs: number, redirectUri?: string): RegistrationStep {
	if (state.generation === 0) return { state: { ...state, phase: 'idle', dueAtMs: undefined }, effects: [] }
	const { boundUntilMs } = state
	const sending = {
		phase: 'unregistering',
		boundUntilMs,
		expiresSeconds: 0,
		shown: 'unregistering',
		redirectUri,
	} as const
	return send(state, sending, nowMs)
}

/**
 * A server may have this many REGISTERs changed and repeated at once, whatever it asks for each time: a way with a redirect,
 * two challenges, a longer interval and a plainer contact takes five.
 */
const MOST_REPEATS = 5

/**
 * Repeats what was refused at once, as a new attempt to the same target; what is not desired any more is left. Undefined when
 * there were so many repeats already that only a rest is left.
 */
export function repeat(state: Registration, nowMs: number): RegistrationStep | undefined {
	const next = oneMoreRepeat(state)
	if (!next) return undefined
	return next.desired === 'hold' ? refresh(next, nowMs, next.redirectUri) : unregister(next, nowMs, next.redirectUri)
}

/** With one more repeat counted; undefined where that would be too many. */
export function oneMoreRepeat(state: Registration): Registration | undefined {
	return state.repeats < MOST_REPEATS ? { ...state, repeats: state.repeats + 1 } : undefined
}

/**
 * Sends a REGISTER without Contact for that query (RFC 3261 10.2.3), or one that removes our contact where `byRemoval`
 * says so; `dueAtMs` and the phase stay as they are. Undefined when no number is left for it.
 */
export function sendBindingQuery(
	state: Registration,
	query: number,
	byRemoval = false,
	redirectUri?: string,
): RegistrationStep | undefined {
	if (state.generation === 0 || state.cseqCount + 1 >= CSEQ_RANGE) return undefined
	// A newer query that came while this one was under way waits on.
	const waiting = state.query === query ? 0 : state.query
	const effect = registerEffect(state, byRemoval ? 0 : undefined, redirectUri)
	const { attempt, cseqCount, answers: challenges } = effect
	const next: Registration = {
		...state,
		query: waiting,
		querying: query,
		byRemoval,
		attempt,
		cseqCount,
		challenges,
		inFlight: true,
		redirectUri,
	}
	return { state: next, effects: [effect] }
}

interface Sending {
	readonly phase: Registration['phase']
	readonly boundUntilMs: number
	readonly expiresSeconds: number
	/** What is shown while it is under way. */
	readonly shown: RegistrationStatus['state']
	readonly redirectUri: string | undefined
}

function send(
	state: Registration,
	{ phase, boundUntilMs, expiresSeconds, shown, redirectUri }: Sending,
	nowMs: number,
): RegistrationStep {
	if (state.cseqCount + 1 >= CSEQ_RANGE) return askForGeneration({ ...state, phase, boundUntilMs })
	const effect = withForm(registerEffect(state, expiresSeconds, redirectUri), state)
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
		dueAtMs: undefined,
		redirectUri,
	}
	return withStatus(next, { state: shown }, nowMs, [effect])
}

function registerEffect(
	state: Registration,
	expiresSeconds: number | undefined,
	redirectUri: string | undefined,
): RegisterEffect {
	return {
		type: 'register',
		attempt: state.attempt + 1,
		cseqCount: state.cseqCount + 1,
		expiresSeconds,
		removes: expiresSeconds === undefined || expiresSeconds === 0 ? undefined : state.remnants,
		answers: countUse(state.challenges),
		redirectUri,
		withoutOutbound: state.path.withoutOutbound === true,
		withoutNatEmulation: state.path.withoutNatEmulation === true,
	}
}

/** A swap names the other contact; a removal that was not understood by its parameter says it by the header too. */
function withForm(effect: RegisterEffect, { phase, replacing, failures }: Registration): RegisterEffect {
	const again = phase === 'unregistering' && failures > 0
	if (effect.expiresSeconds === 0) return again ? { ...effect, expiresHeader: true } : effect
	return replacing === undefined ? effect : { ...effect, replacing }
}

/** Stops until the driver configures the next generation, which brings a fresh Call-ID and CSeq range. */
export function askForGeneration(state: Registration): RegistrationStep {
	const next: Registration = { ...state, inFlight: false, phase: 'backing-off', dueAtMs: undefined }
	return { state: next, effects: [{ type: 'next-generation' }] }
}

/** Nothing is sent any more; a binding of ours ends by itself or is overwritten. */
export function leaveAlone(state: Registration, nowMs: number): RegistrationStep {
	const next: Registration = {
		...state,
		phase: 'idle',
		certain: false,
		dueAtMs: undefined,
		failures: 0,
		newlyAnswered: [],
		repeats: 0,
		redirectUri: undefined,
		replacing: undefined,
	}
	return withStatus(next, { state: 'unregistered' }, nowMs)
}

/** Ours stays bound as long as it lasts, and nothing is sent meanwhile. */
export function keepUntilItsEnd(state: Registration, nowMs: number): RegistrationStep {
	if (state.phase !== 'registered' || state.boundUntilMs <= nowMs) return leaveAlone(state, nowMs)
	const { grantedExpiresSeconds } = state.status
	const kept = {
		state: 'registered',
		...(grantedExpiresSeconds === undefined ? {} : { grantedExpiresSeconds }),
	} as const
	return withStatus({ ...state, dueAtMs: state.boundUntilMs }, kept, nowMs)
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
	const told = inPlace && before.accountVersion === status.accountVersion && sameFacts(before, status, nowMs)
	return { state: { ...state, status }, effects: told ? effects : [...effects, { type: 'status', status }] }
}

/** Whether all of it stands in the status already, for this version of the account: no copy is made for that. */
function saysNothingNew({ status, accountVersion }: Registration, facts: StatusFacts): boolean {
	if (status.accountVersion !== accountVersion) return false
	for (const name in facts) if (facts[name as keyof StatusFacts] !== status[name as keyof StatusFacts]) return false
	return true
}

/** A rest is worth writing down, as somebody may look meanwhile: what was said before it is past. */
const SHOWN_REST_MS = 1000

// `nextAttemptMs` moves with every refresh; it is shown, but is no reason to write (no write per refresh).
function sameFacts(a: RegistrationStatus, b: RegistrationStatus, nowMs: number): boolean {
	if (b.state !== 'registered' && (b.nextAttemptMs ?? 0) - nowMs > SHOWN_REST_MS) return false
	return (
		a.reason === b.reason &&
		a.sipStatus === b.sipStatus &&
		a.confirmed === b.confirmed &&
		a.grantedExpiresSeconds === b.grantedExpiresSeconds
	)
}
