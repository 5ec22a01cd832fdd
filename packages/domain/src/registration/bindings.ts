import type { ResponseView } from '@vigil/sip'
import type { SeenBindings } from '../holding/types.ts'
import { oneMoreRepeat, sendBindingQuery, withStatus } from './attempts.ts'
import { challengesAfter, meetChallenge } from './challenges.ts'
import { takenFor } from './contact-alias.ts'
import { additionsOf, mayMeanAdditions, NOTHING_LEFT_OUT, withoutNext } from './own-additions.ts'
import { listedBindings } from './own-binding.ts'
import type { OwnContact } from './own-contact.ts'
import { redirected } from './redirects.ts'
import { speaksOfTarget } from './refusals.ts'
import { rested } from './setbacks.ts'
import { retryDelaySeconds } from './timing.ts'
import type { HeldRefusal, Registration, RegistrationEffect, RegistrationInput, RegistrationStep } from './types.ts'

/** The number of the query that looks into a refusal; queries of the holding are others. */
const LOOKING_INTO = -1
/** The number of the query whether the server has kept a binding that it gave: asked on behalf of the account's neighbours. */
export const SERVER_QUERY = -3
/** The longest rest before a binding is tried again that other bindings stood in the way of. */
const LONGEST_CONFLICT_REST_SECONDS = 300

/** What is left of a query once it has come to its end. */
const AFTER_QUERY = { querying: 0, byRemoval: false, newlyAnswered: [], redirectUri: undefined } as const

/** The query has come to its end; one that looked into a refusal stands between a REGISTER and its repeats. */
function afterQuery(state: Registration): Registration {
	const between = state.querying === LOOKING_INTO
	return { ...state, ...AFTER_QUERY, ...(between ? undefined : { repeats: 0, leftOut: NOTHING_LEFT_OUT }) }
}

type NoBindings = Extract<RegistrationEffect, { type: 'no-bindings' }>
type Failure = Extract<RegistrationInput, { type: 'failed' }>

/** What becomes of a refusal that no other binding explains. */
export type AfterRefusal = (state: Registration, refused: HeldRefusal) => RegistrationStep

/** The final answer to a binding query (RFC 3261 10.3 step 8). */
export function onQueryResponse(
	state: Registration,
	response: ResponseView,
	own: OwnContact,
	nowMs: number,
	believe: AfterRefusal,
): RegistrationStep {
	const query = state.querying
	if (response.status === 401 || response.status === 407) {
		const met = meetChallenge(state, response, own.aor)
		const again = 'next' in met ? queryAgain(met.next) : undefined
		if (again) return again
	}
	const changed = response.status >= 300 ? queriedOtherwise(state, response, own) : undefined
	const again = changed && queryAgain(changed)
	if (again) return again
	const concluded: Registration = {
		...afterQuery(state),
		challenges: challengesAfter(state, response),
	}
	if (response.status >= 300) {
		const removal = mayQueryByRemoval(state, response) ? sendBindingQuery(concluded, query, true) : undefined
		return removal ?? withoutListing(concluded, query, causeOf(response), nowMs, believe)
	}
	const listed = listedBindings(response, takenFor(own, state.alias))
	if (state.byRemoval) return onRemovalResponse(concluded, query, listed)
	if (query === LOOKING_INTO) return concludeRefusal(concluded, listed.others, nowMs, believe)
	const told: RegistrationEffect = { type: 'bindings', query, ...listed }
	return { state: withoutLost(concluded, listed), effects: [told] }
}

/**
 * A binding that the registrar does not list beside others is gone: it is never removed, whoever has it now. Not where the
 * registrar may list it as something that is not known as ours.
 */
function withoutLost(state: Registration, { ours, others }: SeenBindings): Registration {
	const isKnown = state.listsAsSent || state.alias?.verdict === 'ours'
	const isLost =
		isKnown && !state.certain && !ours && (state.desired === 'keep' || (state.desired !== 'hold' && others > 0))
	return isLost && state.boundUntilMs !== 0 ? { ...state, boundUntilMs: 0 } : state
}

/** Where a 3xx sends the query, or without an answer that may be what is refused. */
function queriedOtherwise(state: Registration, response: ResponseView, own: OwnContact): Registration | undefined {
	if (response.status < 400) return redirected(state, response)
	// What is looked into is itself repeated without them.
	if (state.querying === LOOKING_INTO) return undefined
	const answers = additionsOf(state, own).filter((addition) => addition === 'answers')
	return mayMeanAdditions(response) ? withoutNext(state, answers) : undefined
}

/** The query in flight once more, in the way that it was asked; undefined where that is not to be done any more. */
export function queryAgain(state: Registration): RegistrationStep | undefined {
	const { byRemoval, querying } = state
	const next = oneMoreRepeat(state)
	if (!next || (byRemoval && state.desired !== 'remove')) return undefined
	return sendBindingQuery(next, querying, byRemoval, next.redirectUri)
}

/**
 * A server that refuses to be asked, or does not answer that, tells in its answer to a removal what others it has (RFC 3261
 * 10.3 step 8). Not where a password is wrong.
 */
function mayQueryByRemoval({ querying, byRemoval, desired }: Registration, response?: ResponseView): boolean {
	if (querying <= 0 || byRemoval || desired !== 'remove') return false
	const status = response?.status
	return status !== 401 && status !== 407 && response?.headers.get('Retry-After') === undefined
}

/** One that cannot answer now, or says when to come back, may tell later. */
function causeOf(response: ResponseView): NoBindings['cause'] {
	return speaksOfTarget(response) || response.headers.get('Retry-After') !== undefined ? 'unanswered' : 'untold'
}

/** Our contact is gone. That others are listed proves them; that none are may be the way of a server that never lists. */
function onRemovalResponse(state: Registration, query: number, listed: SeenBindings): RegistrationStep {
	const effect: RegistrationEffect =
		listed.others > 0
			? { type: 'bindings', query, ...listed, ours: false }
			: { type: 'no-bindings', query, cause: 'untold' }
	return { state: state.desired === 'remove' ? { ...state, boundUntilMs: 0 } : state, effects: [effect] }
}

/** Asks at once; nothing may be in flight. */
export function fetchBindings(state: Registration, query: number): RegistrationStep {
	return sendBindingQuery(state, query) ?? withoutNumber(state, query)
}

/** No number is left for it: with the next generation there is. */
function withoutNumber(state: Registration, query: number): RegistrationStep {
	const told: NoBindings = { type: 'no-bindings', query, cause: 'unanswered' }
	const renewed: readonly RegistrationEffect[] = state.generation === 0 ? [] : [{ type: 'next-generation' }]
	return { state: { ...state, query: 0 }, effects: [told, ...renewed] }
}

/** The query got no answer; of one that did not leave (`local`) the next binding REGISTER says why. */
export function onBindingsFailure(
	state: Registration,
	failure: Failure['cause'],
	nowMs: number,
	believe: AfterRefusal,
): RegistrationStep {
	const unanswered = afterQuery(state)
	const cause = failure === 'local' ? 'untold' : 'unanswered'
	const removal =
		cause === 'unanswered' && mayQueryByRemoval(state) ? sendBindingQuery(unanswered, state.querying, true) : undefined
	return removal ?? withoutListing(unanswered, state.querying, cause, nowMs, believe)
}

function withoutListing(
	state: Registration,
	query: number,
	cause: NoBindings['cause'],
	nowMs: number,
	believe: AfterRefusal,
): RegistrationStep {
	if (query === LOOKING_INTO) return concludeRefusal(state, 0, nowMs, believe)
	return { state, effects: [{ type: 'no-bindings', query, cause }] }
}

/** Asks what is bound before the refusal is believed; the phase stays as it is until that is known. */
export function lookInto(state: Registration, refused: HeldRefusal, believe: AfterRefusal): RegistrationStep {
	return sendBindingQuery({ ...state, refused, dueAtMs: undefined }, LOOKING_INTO) ?? believe(state, refused)
}

function concludeRefusal(state: Registration, others: number, nowMs: number, believe: AfterRefusal): RegistrationStep {
	const { refused } = state
	const concluded: Registration = { ...state, refused: undefined }
	if (!refused) return { state: concluded, effects: [] }
	return others > 0 && state.desired === 'hold'
		? standBack(concluded, refused, others, nowMs)
		: believe(concluded, refused)
}

/** Others are bound and we are not let in: tried again with a growing rest, so that no side is fought. */
export function standBack(
	state: Registration,
	refused: Pick<HeldRefusal, 'status' | 'reason'>,
	others: number,
	nowMs: number,
): RegistrationStep {
	const failures = state.failures + 1
	const rest = Math.min(LONGEST_CONFLICT_REST_SECONDS, retryDelaySeconds(failures, state.spread))
	const dueAtMs = nowMs + rest * 1000
	const next: Registration = {
		...rested(state),
		phase: 'backing-off',
		failures,
		boundUntilMs: 0,
		dueAtMs,
	}
	const told: RegistrationEffect = { type: 'rejected-concurrent', others }
	const reason = `the SIP server does not bind the service beside the ${others} that it has: ${refused.reason}`
	return withStatus(next, { state: 'failing', reason, sipStatus: refused.status, nextAttemptMs: dueAtMs }, nowMs, [
		told,
	])
}
