import type { ResponseView } from '@vigil/sip'
import {
	challengeKey,
	countUse,
	followNextNonce,
	freshChallenges,
	mergeChallenges,
} from '../registration/challenges.ts'
import { UNANSWERED } from '../registration/failure-reasons.ts'
import { giveUp, learn, withoutLook } from './findings.ts'
import { withGeneralFacts } from './reading.ts'
import { reportOf } from './report.ts'
import { addressOf, cleanUpRequests, contactOf, describeRequest, expiresOf, FIRST_REQUESTS } from './requests.ts'
import { besideOf, namesListed } from './swap.ts'
import type {
	Probe,
	ProbeEffect,
	ProbeFindings,
	ProbeInput,
	ProbeRequest,
	ProbeSettings,
	ProbeStep,
	TestContact,
} from './types.ts'

/** More REGISTERs than this are never sent; a probe that goes well needs about two thirds of them where each is challenged. */
export const MOST_REGISTERS = 64
/** Kept for the removal of what is bound by then. */
const KEPT_FOR_REMOVAL = 14
/** A nonce may be stale, a proxy may ask too, the interval may be too brief; whoever asks more often is not going to be satisfied. */
const MOST_ROUNDS = 4

const NOTHING_FOUND: ProbeFindings = {
	authentication: [],
	foreign: [],
	foreignLost: [],
	swap: 'unknown',
	mostBindings: 0,
	expiries: [],
	options: [],
	path: false,
	outbound: false,
	serviceRoute: [],
}

/** A probe that has not begun. */
export function initialProbe(settings: ProbeSettings): Probe {
	return {
		dueAtMs: undefined,
		settings,
		startedAtMs: 0,
		attempt: 0,
		inFlight: false,
		request: undefined,
		askedSeconds: 0,
		todo: FIRST_REQUESTS,
		challenges: [],
		address: 'plain',
		refusedLook: undefined,
		listedAs: {},
		newlyAnswered: [],
		rounds: 0,
		bound: [],
		unconfirmed: false,
		everBound: false,
		cleanUps: 0,
		cleanUp: 'nothing-to-remove',
		outcome: 'complete',
		blockingReason: undefined,
		done: false,
		findings: NOTHING_FOUND,
	}
}

/**
 * Finds out by a bounded number of REGISTERs how a SIP server treats the bindings of an account. One is in flight at a
 * time. Only contacts of its own are bound and removed, never `*`, and with others' bindings in sight it goes on only
 * when told to.
 */
export function stepProbe(state: Probe, input: ProbeInput, nowMs: number): ProbeStep {
	if (state.done) return { state, effects: [] }
	switch (input.type) {
		case 'start':
			return state.attempt > 0 || state.inFlight
				? { state, effects: [] }
				: next({ ...state, startedAtMs: nowMs }, nowMs)
		case 'stop':
			return onStop(state, nowMs)
		case 'due':
			return { state, effects: [] }
		case 'response':
			if (!state.inFlight || input.attempt !== state.attempt || input.response.status < 200)
				return { state, effects: [] }
			return onResponse(state, input.response, nowMs)
		case 'failed':
			if (!state.inFlight || input.attempt !== state.attempt) return { state, effects: [] }
			return onFailed({ ...state, inFlight: false }, input, nowMs)
	}
}

function onStop(state: Probe, nowMs: number): ProbeStep {
	if (state.blockingReason !== undefined) return { state, effects: [] }
	const ended = giveUp(state, 'it was stopped')
	return state.inFlight ? { state: ended, effects: [] } : next(ended, nowMs)
}

function onResponse(before: Probe, response: ResponseView, nowMs: number): ProbeStep {
	const { request } = before
	const ownVia = request === undefined || addressOf(before, request) === 'plain'
	const findings = withGeneralFacts(before.findings, response, ownVia)
	const state: Probe = { ...before, inFlight: false, findings, listedAs: namesListed(before, response) }
	if (request === undefined) return next(state, nowMs)
	if (response.status === 401 || response.status === 407) return onChallenge(state, request, response, nowMs)
	if (response.status === 423 && state.askedSeconds > 0) return onTooBrief(state, request, response, nowMs)
	const accepted = response.status < 300
	const authenticated: Probe = accepted
		? { ...state, challenges: followNextNonce(state.challenges, response), newlyAnswered: [], rounds: 0 }
		: state
	const stopping = authenticated.blockingReason !== undefined
	const learnt = learn(authenticated, request, response)
	// Whoever gave up meanwhile only removes; what was bound by the answer just now is removed too.
	if (stopping && request.kind !== 'remove' && request.kind !== 'verify') {
		return next({ ...learnt, todo: learnt.everBound ? cleanUpRequests(learnt.bound) : [] }, nowMs)
	}
	return next(learnt, nowMs)
}

/** Answers what is new. A realm that was answered freshly and asks again does not know the password: no second try. */
function onChallenge(state: Probe, request: ProbeRequest, response: ResponseView, nowMs: number): ProbeStep {
	const fresh = freshChallenges(response)
	if (fresh.length === 0) {
		return refused(state, request, 'the SIP server asks for an authentication that is not supported', nowMs)
	}
	const wrong = fresh.some((held) => !held.challenge.stale && state.newlyAnswered.includes(challengeKey(held)))
	if (wrong) return refused(state, request, 'wrong user name or password', nowMs)
	if (state.rounds >= MOST_ROUNDS) {
		return refused(state, request, 'the SIP server keeps asking for authentication', nowMs)
	}
	const answering: Probe = {
		...state,
		challenges: mergeChallenges(state.challenges, fresh),
		newlyAnswered: [...state.newlyAnswered, ...fresh.map(challengeKey)],
		rounds: state.rounds + 1,
	}
	return send(answering, request, state.askedSeconds, [])
}

/** Without a credential that is taken nothing can be removed either. */
function refused(state: Probe, request: ProbeRequest, blockingReason: string, nowMs: number): ProbeStep {
	const binding = request.kind !== 'look' && state.everBound
	const cleanUp = binding ? ('uncertain' as const) : state.cleanUp
	return next({ ...state, outcome: 'failed', blockingReason, cleanUp, todo: [] }, nowMs)
}

/** 423 (RFC 3261 10.2.8): asks again for Min-Expires, as long as there are rounds left. */
function onTooBrief(state: Probe, request: ProbeRequest, response: ResponseView, nowMs: number): ProbeStep {
	const minimum = Number(response.headers.get('Min-Expires') ?? Number.NaN)
	const sensible = Number.isInteger(minimum) && minimum > state.askedSeconds && minimum <= 86_400 * 7
	if (!sensible || state.rounds >= MOST_ROUNDS) {
		return next(learn(state, request, response), nowMs)
	}
	const findings = { ...state.findings, minExpiresSeconds: minimum }
	const known: Probe = { ...state, findings, rounds: state.rounds + 1 }
	const text = `it takes no registration below ${minimum} s`
	return send(known, request, minimum, [{ type: 'progress', text }])
}

function onFailed(state: Probe, input: Extract<ProbeInput, { type: 'failed' }>, nowMs: number): ProbeStep {
	const { request } = state
	const blockingReason = input.detail ?? UNANSWERED
	if (request?.kind === 'remove') {
		// Kept among the bound ones: the list, or a second round, may still tell.
		return next({ ...state, unconfirmed: true }, nowMs)
	}
	if (request?.kind === 'verify') {
		return next({ ...state, cleanUp: state.unconfirmed ? 'uncertain' : 'confirmed' }, nowMs)
	}
	// A server that answers to where the request says it is from, and not to its source, cannot be asked so.
	if (request?.kind === 'look' && state.refusedLook && state.blockingReason === undefined)
		return next(withoutLook(state, blockingReason, 0), nowMs)
	// It may have been bound all the same.
	const unsure: Probe = request !== undefined && contactOf(request) ? { ...state, everBound: true } : state
	return next(
		giveUp(
			unsure,
			state.blockingReason ?? blockingReason,
			state.blockingReason === undefined ? 'failed' : state.outcome,
		),
		nowMs,
	)
}

/** The next request, or the report. */
function next(before: Probe, nowMs: number): ProbeStep {
	const state = withinBounds(before)
	const [request, ...todo] = state.todo
	if (request === undefined) return end(state, nowMs)
	const expiresSeconds = expiresOf(request)
	if (request.kind === 'remove' && !isBound(state, request.contact)) return next({ ...state, todo }, nowMs)
	const asked =
		expiresSeconds === undefined
			? 0
			: expiresSeconds === 0
				? 0
				: Math.max(expiresSeconds, state.findings.minExpiresSeconds ?? 0)
	const requesting: Probe = { ...state, todo, request, newlyAnswered: [], rounds: 0 }
	return send(requesting, request, asked, [{ type: 'progress', text: describeRequest(request, requesting) }])
}

function send(state: Probe, request: ProbeRequest, askedSeconds: number, before: readonly ProbeEffect[]): ProbeStep {
	const attempt = state.attempt + 1
	const challenges = countUse(state.challenges)
	const contact = contactOf(request)
	const removes = request.kind === 'swap' ? besideOf(state, request.other) : undefined
	const register: ProbeEffect = {
		type: 'register',
		attempt,
		...(contact === undefined ? {} : { contact }),
		...(removes === undefined ? {} : { removes }),
		address: addressOf(state, request),
		expiresSeconds: askedSeconds,
		answers: challenges,
	}
	const binds = contact !== undefined && askedSeconds > 0 && !isBound(state, contact)
	return {
		state: {
			...state,
			attempt,
			inFlight: true,
			askedSeconds,
			challenges,
			// From the moment it leaves the contact may be bound, whatever becomes of the answer.
			bound: binds ? [...state.bound, contact] : state.bound,
		},
		effects: [...before, register],
	}
}

/** Keeps enough REGISTERs for the removal; past all bounds it ends at once. */
function withinBounds(state: Probe): Probe {
	if (state.attempt >= MOST_REGISTERS - 3)
		return { ...state, todo: [], cleanUp: state.bound.length > 0 ? 'uncertain' : state.cleanUp }
	if (state.attempt < MOST_REGISTERS - KEPT_FOR_REMOVAL || state.blockingReason !== undefined) return state
	if (state.todo.every(({ kind }) => kind === 'remove' || kind === 'verify')) return state
	return giveUp(state, `more than ${state.attempt} REGISTERs would have been needed`)
}

function end(state: Probe, nowMs: number): ProbeStep {
	const ended: Probe = { ...state, done: true, inFlight: false, request: undefined }
	return { state: ended, effects: [{ type: 'done', report: reportOf(ended, nowMs) }] }
}

function isBound({ bound }: Probe, { name, address }: TestContact): boolean {
	return bound.some((one) => one.name === name && one.address === address)
}
