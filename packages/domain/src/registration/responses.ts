import type { ResponseView } from '@vigil/sip'
import { onAccepted } from './acceptance.ts'
import { askedSeconds, askForGeneration, leaveAlone, repeat } from './attempts.ts'
import { lookInto, onBindingsFailure, onQueryResponse, queryAgain } from './bindings.ts'
import { meetChallenge } from './challenges.ts'
import { UNANSWERED } from './failure-reasons.ts'
import { additionsOf, mayMeanAdditions, withoutNext } from './own-additions.ts'
import type { OwnContact } from './own-contact.ts'
import { redirected } from './redirects.ts'
import { maySpeakOfOthers, speaksOfTarget } from './refusals.ts'
import { backOff, reject } from './setbacks.ts'
import { afterRefusedSwap, concludeSwap, isSwap } from './swap.ts'
import { noLaterThan } from './timing.ts'
import type { HeldRefusal, Registration, RegistrationInput, RegistrationStep } from './types.ts'

/** How soon the next target of RFC 3263 is tried, doubled by the spread of accounts that fail together. */
const NEXT_TARGET_WITHIN_MS = 250

/** What the final answer to the REGISTER in flight leads to. */
export function onResponse(
	inFlight: Registration,
	response: ResponseView,
	own: OwnContact,
	nowMs: number,
): RegistrationStep {
	if (response.status < 200) return { state: inFlight, effects: [] }
	const accepted = response.status < 300 && inFlight.querying === 0
	if (accepted) return onAccepted(inFlight, response, own, nowMs)
	const state: Registration = { ...inFlight, inFlight: false }
	if (state.querying !== 0) {
		const step = onQueryResponse(state, response, own, nowMs, believed(nowMs))
		return speaksOfTarget(response) ? elsewhere(state, step, false, nowMs) : step
	}
	// It was sent before; now whatever it meant to do is not to be done.
	if (isLeft(state)) return leaveAlone(state, nowMs)
	const step = onFinalResponse(state, response, own, nowMs)
	return isSwap(state) ? afterRefusedSwap(step, response, nowMs) : step
}

/** A REGISTER of ours was not accepted. */
function onFinalResponse(
	state: Registration,
	response: ResponseView,
	own: OwnContact,
	nowMs: number,
): RegistrationStep {
	switch (response.status) {
		case 401:
		case 407:
			return onChallenge(state, response, own, nowMs)
		case 423:
			return onTooBrief(state, response, nowMs)
		case 439:
			return onNoOutbound(state, response, nowMs)
	}
	return response.status < 400 ? onRedirect(state, response, nowMs) : onRefused(state, response, own, nowMs)
}

/** No server says what it refuses: other bindings, something that we have added, the order of our REGISTERs, or the account. */
function onRefused(state: Registration, response: ResponseView, own: OwnContact, nowMs: number): RegistrationStep {
	// What a lost connection has left is no reason to be refused oneself.
	const alone = hasRemnants(state) && mayMeanAdditions(response) && repeat({ ...state, remnants: undefined }, nowMs)
	if (alone) return alone
	const { status } = response
	const carried = mayMeanAdditions(response) ? additionsOf(state, own) : []
	const refused: HeldRefusal = { status, reason: refusal(response), carried }
	const mayBeOthers = state.phase === 'registering' && state.desired === 'hold' && !isSwap(state)
	if (mayBeOthers && maySpeakOfOthers(response)) {
		return lookInto(state, refused, believed(nowMs))
	}
	// A CSeq that is refused is the likelier reason, and is looked into before our own address is shown to a server.
	const order = (status === 400 || status === 500) && state.failures === 0
	const plainer = withoutNext(state, order ? carried.filter((addition) => addition === 'answers') : carried)
	const again = plainer && repeat(plainer, nowMs)
	if (again) return again
	if (order) return onRefusedOrder(state, response, nowMs)
	if (status === 403 || status === 404) return reject(state, refused, nowMs)
	const step = backOff(state, refused.reason, response, nowMs)
	return speaksOfTarget(response) ? elsewhere(state, step, false, nowMs) : step
}

function hasRemnants({ remnants }: Registration): boolean {
	return remnants !== undefined && remnants.length > 0
}

/** A refusal that was looked into and had no other binding as its cause. */
function believed(nowMs: number): (state: Registration, refused: HeldRefusal) => RegistrationStep {
	return (state, refused) => {
		if (isLeft(state)) return leaveAlone(state, nowMs)
		const plainer = withoutNext(state, refused.carried)
		const again = plainer && repeat(plainer, nowMs)
		if (again) return again
		if (refused.status === 403) return reject(state, refused, nowMs)
		const step = backOff(state, refused.reason, undefined, nowMs)
		const status = { ...step.state.status, sipStatus: refused.status }
		return { state: { ...step.state, status }, effects: [{ type: 'status', status }] }
	}
}

/** The rejected REGISTER carried preemptive credentials, for a challenge put to others: without them it shows whether they were the reason. */
export function onRejectedPreemptive(inFlight: Registration, nowMs: number): RegistrationStep {
	const state: Registration = { ...inFlight, inFlight: false, challenges: [] }
	if (state.querying !== 0) return queryAgain(state) ?? onBindingsFailure(state, 'local', nowMs, believed(nowMs))
	if (isLeft(state)) return leaveAlone(state, nowMs)
	return repeat(state, nowMs) ?? backOff(state, NEVER_SATISFIED, undefined, nowMs)
}

/** Whatever a REGISTER was to do, it is not sent again. */
function isLeft({ desired }: Registration): boolean {
	return desired === 'abandon' || desired === 'keep'
}

/** The REGISTER in flight got no answer. */
export function onFailure(inFlight: Registration, input: Failure, nowMs: number): RegistrationStep {
	const { cause, detail } = input
	const state: Registration = { ...inFlight, inFlight: false, boundUntilMs: mayBeBoundUntil(inFlight, cause, nowMs) }
	if (state.querying !== 0)
		return elsewhere(state, onBindingsFailure(state, cause, nowMs, believed(nowMs)), false, nowMs)
	if (isLeft(state)) return elsewhere(state, leaveAlone(state, nowMs), false, nowMs)
	if (isSwap(state)) return elsewhere(state, concludeSwap({ state, effects: [] }, 'unknown', nowMs), false, nowMs)
	if (cause === 'flow-lost' && state.failures === 0) return soonAgain(state, nowMs)
	if (cause === 'local') return backOff(state, detail ?? 'the REGISTER could not be sent', undefined, nowMs)
	const reason = detail ?? UNANSWERED
	return elsewhere(state, backOff(state, reason, undefined, nowMs), input.moreTargets === true, nowMs)
}

/** The first time that a connection ends under a REGISTER nothing is said of it: the same goes by a new one soon. */
function soonAgain(state: Registration, nowMs: number): RegistrationStep {
	const dueAtMs = nowMs + NEXT_TARGET_WITHIN_MS * (1 + state.spread)
	return { state: { ...state, phase: 'backing-off', failures: 1, dueAtMs }, effects: [] }
}

/** A binding REGISTER without an answer may have been taken at any moment until now, and binds from then. */
function mayBeBoundUntil(state: Registration, cause: Failure['cause'], nowMs: number): number {
	if (cause === 'local' || state.querying !== 0 || state.phase !== 'registering') return state.boundUntilMs
	return Math.max(state.boundUntilMs, nowMs + askedSeconds(state) * 1000)
}

type Failure = Extract<RegistrationInput, { type: 'failed' }>

/** RFC 3263 4.3: what failed at one target is tried at the next one, soon where there is one that was not tried yet. */
function elsewhere(
	{ redirectUri }: Registration,
	step: RegistrationStep,
	moreTargets: boolean,
	nowMs: number,
): RegistrationStep {
	// The target of a 3xx says nothing of the account's own servers.
	if (redirectUri !== undefined) return step
	const effects: RegistrationStep['effects'] = [{ type: 'next-target' }, ...step.effects]
	if (!moreTargets || step.state.phase !== 'backing-off') return { state: step.state, effects }
	const dueAtMs = noLaterThan(step.state.dueAtMs, nowMs + NEXT_TARGET_WITHIN_MS * (1 + step.state.spread))
	return { state: { ...step.state, dueAtMs }, effects }
}

/** 439 (RFC 5626 11.6): the first hop cannot keep flows, so we ask for a binding of the plain kind. */
function onNoOutbound(state: Registration, response: ResponseView, nowMs: number): RegistrationStep {
	const plain: Registration = { ...state, path: { ...state.path, withoutOutbound: true } }
	const again = state.path.withoutOutbound ? undefined : repeat(plain, nowMs)
	return again ?? backOff(state, refusal(response), response, nowMs)
}

/** What a server that is never satisfied is reported with. */
const NEVER_SATISFIED = 'the SIP server asks for something else each time'

function onChallenge(state: Registration, response: ResponseView, own: OwnContact, nowMs: number): RegistrationStep {
	const met = meetChallenge(state, response, own.aor)
	if ('next' in met) return repeat(met.next, nowMs) ?? backOff(state, KEEPS_ASKING, response, nowMs)
	// A challenge that is none may be how an answer is refused that nobody asked for; the password is another matter.
	const answers = additionsOf(state, own).filter((addition) => addition === 'answers')
	const plainer = withoutNext(state, answers)
	const again = plainer && repeat(plainer, nowMs)
	return again ?? reject(state, { status: response.status, reason: met.reason, carried: [] }, nowMs)
}

const KEEPS_ASKING = 'the SIP server keeps asking for authentication'

/** 423 (RFC 3261 10.2.8): ask again for at least Min-Expires, which a server may raise, as long as there are repeats left. */
function onTooBrief(state: Registration, response: ResponseView, nowMs: number): RegistrationStep {
	const minimum = Number(response.headers.get('Min-Expires') ?? Number.NaN)
	if (!Number.isInteger(minimum) || minimum <= askedSeconds(state) || minimum > 2 ** 31) {
		return backOff(state, 'the SIP server calls the interval too brief but names no longer one', response, nowMs)
	}
	const longer: Registration = { ...state, minExpiresSeconds: minimum }
	return repeat(longer, nowMs) ?? backOff(longer, 'the SIP server calls every interval too brief', response, nowMs)
}

/**
 * 400 and 500 are how registrars refuse a CSeq that does not rise within a Call-ID (RFC 3261 10.3 step 7,
 * 12.2.2). The first such refusal gets a new Call-ID; if that does not help it was something else.
 */
function onRefusedOrder(state: Registration, response: ResponseView, nowMs: number): RegistrationStep {
	const { state: resting, effects } = backOff(state, refusal(response), response, nowMs)
	// It goes at once with the next Call-ID, and so counts among the repeats.
	const renumbered: Registration = { ...resting, repeats: state.repeats + 1 }
	return { state: renumbered, effects: [...effects, ...askForGeneration(state).effects] }
}

function onRedirect(state: Registration, response: ResponseView, nowMs: number): RegistrationStep {
	const there = redirected(state, response)
	const again = there && repeat(there, nowMs)
	return again ?? backOff(state, refusal(response), response, nowMs)
}

function refusal(response: ResponseView): string {
	return `the SIP server answered ${response.status} ${response.reason}`.trim()
}
