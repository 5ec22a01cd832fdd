import { headerList, parseNameAddr, parseUri, type ResponseView } from '@vigil/sip'
import { askedSeconds, askForGeneration, leaveAlone, refresh, repeat, unregister, withStatus } from './attempts.ts'
import { askAgain, lookInto, onBindingsAnswer, onBindingsFailure, standBack } from './bindings.ts'
import { followNextNonce, meetChallenge } from './challenges.ts'
import { aliasIn, type ContactAlias, knownAs } from './contact-alias.ts'
import { listedBindings, ownBinding } from './own-binding.ts'
import type { OwnContact } from './own-contact.ts'
import { maySpeakOfOthers, speaksOfTarget } from './refusals.ts'
import { refreshDelaySeconds, retryAfterSeconds, retryDelaySeconds } from './timing.ts'
import {
	type HeldRefusal,
	NO_PATH,
	type Registration,
	type RegistrationInput,
	type RegistrationPath,
	type RegistrationStep,
} from './types.ts'

/** How soon the next target of RFC 3263 is tried, doubled by the spread of accounts that fail together. */
const NEXT_TARGET_WITHIN_MS = 250
/** Times a removal is tried before it is left to the binding's own end. */
const MOST_UNREGISTER_FAILURES = 5

/** What the final answer to the REGISTER in flight leads to. */
export function onResponse(
	inFlight: Registration,
	response: ResponseView,
	own: OwnContact,
	nowMs: number,
): RegistrationStep {
	if (response.status < 200) return { state: inFlight, effects: [] }
	const accepted = response.status < 300 && inFlight.asking === 0
	if (accepted) return onAccepted(inFlight, response, own, nowMs)
	const state: Registration = { ...inFlight, inFlight: false }
	if (state.asking !== 0) {
		const step = onBindingsAnswer(state, response, own, nowMs, believed(nowMs))
		return speaksOfTarget(response) ? elsewhere(step, false, nowMs) : step
	}
	// It was sent before; now whatever it meant to do is not to be done.
	if (state.wish === 'forget') return leaveAlone(state, nowMs)
	switch (response.status) {
		case 401:
		case 407:
			return onChallenge(state, response, nowMs)
		case 423:
			return onTooBrief(state, response, nowMs)
		case 439:
			return onNoOutbound(state, response, nowMs)
		case 400:
		case 500:
			return onRefusedOrder(state, response, nowMs)
	}
	if (response.status < 400) return onRedirect(state, response, nowMs)
	const refused = { status: response.status, reason: refusal(response) }
	if (state.phase === 'registering' && state.wish === 'hold' && maySpeakOfOthers(response)) {
		return lookInto(state, refused, believed(nowMs))
	}
	if (response.status === 403 || response.status === 404) return reject(state, refused, nowMs)
	const step = backOff(state, refusal(response), response, nowMs)
	return speaksOfTarget(response) ? elsewhere(step, false, nowMs) : step
}

/** A refusal that was looked into and had no other binding as its cause. */
function believed(nowMs: number): (state: Registration, refused: HeldRefusal) => RegistrationStep {
	return (state, refused) => {
		if (state.wish === 'forget') return leaveAlone(state, nowMs)
		if (refused.status === 403) return reject(state, refused, nowMs)
		const step = backOff(state, refused.reason, undefined, nowMs)
		const status = { ...step.state.status, sipStatus: refused.status }
		return { state: { ...step.state, status }, effects: [{ type: 'status', status }] }
	}
}

/** What was refused had answered a challenge of others: whether that was the reason shows without it. */
export function onRefusedUnasked(inFlight: Registration, nowMs: number): RegistrationStep {
	const state: Registration = { ...inFlight, inFlight: false, challenges: [] }
	if (state.asking !== 0) return askAgain(state) ?? onBindingsFailure(state, 'local', nowMs, believed(nowMs))
	if (state.wish === 'forget') return leaveAlone(state, nowMs)
	return repeat(state, nowMs)
}

/** The REGISTER in flight got no answer. */
export function onFailure(inFlight: Registration, input: Failure, nowMs: number): RegistrationStep {
	const { cause, detail } = input
	const state: Registration = { ...inFlight, inFlight: false, boundUntilMs: mayBeBoundUntil(inFlight, cause, nowMs) }
	if (state.asking !== 0) return elsewhere(onBindingsFailure(state, cause, nowMs, believed(nowMs)), false, nowMs)
	if (state.wish === 'forget') return elsewhere(leaveAlone(state, nowMs), false, nowMs)
	if (cause === 'flow-lost' && state.failures === 0) return soonAgain(state, nowMs)
	if (cause === 'local') return backOff(state, detail ?? 'the REGISTER could not be sent', undefined, nowMs)
	const reason =
		cause === 'timeout'
			? 'the SIP server did not answer'
			: `the SIP server cannot be reached${detail ? `: ${detail}` : ''}`
	return elsewhere(backOff(state, reason, undefined, nowMs), input.moreTargets === true, nowMs)
}

/** The first time that a connection ends under a REGISTER nothing is said of it: the same goes by a new one soon. */
function soonAgain(state: Registration, nowMs: number): RegistrationStep {
	const dueAtMs = nowMs + NEXT_TARGET_WITHIN_MS * (1 + state.spread)
	return { state: { ...state, phase: 'backing-off', failures: 1, dueAtMs }, effects: [] }
}

/** A binding REGISTER without an answer may have been taken at any moment until now, and binds from then. */
function mayBeBoundUntil(state: Registration, cause: Failure['cause'], nowMs: number): number {
	if (cause === 'local' || state.asking !== 0 || state.phase !== 'registering') return state.boundUntilMs
	return Math.max(state.boundUntilMs, nowMs + askedSeconds(state) * 1000)
}

type Failure = Extract<RegistrationInput, { type: 'failed' }>

/** RFC 3263 4.3: what failed at one target is tried at the next one, soon where there is one that was not tried yet. */
function elsewhere(step: RegistrationStep, moreTargets: boolean, nowMs: number): RegistrationStep {
	const effects: RegistrationStep['effects'] = [{ type: 'next-target' }, ...step.effects]
	if (!moreTargets || step.state.phase !== 'backing-off') return { state: step.state, effects }
	const dueAtMs = Math.min(step.state.dueAtMs, nowMs + NEXT_TARGET_WITHIN_MS * (1 + step.state.spread))
	return { state: { ...step.state, dueAtMs }, effects }
}

/** The state is still that of a REGISTER in flight: this is the step of every refresh, and copies it once. */
function onAccepted(state: Registration, response: ResponseView, sent: OwnContact, nowMs: number): RegistrationStep {
	const challenges = followNextNonce(state.challenges, response)
	if (state.phase === 'unregistering') return onRemoved(calm(state, challenges), nowMs)
	const own = ownBinding(response, knownAs(sent, state.alias), askedSeconds(state))
	if (!own.bound) return onUnknownContacts({ ...state, challenges }, response, sent, nowMs)
	const dueAtMs = nowMs + refreshDelaySeconds(own.expiresSeconds, state.spread) * 1000
	return onBound(state, response, { ...own, challenges, dueAtMs }, nowMs)
}

/** How a 2xx binds us. */
interface Bound {
	readonly expiresSeconds: number
	readonly dueAtMs: number
	/** Whether the answer lists our contact. */
	readonly listed: boolean
	readonly challenges: Registration['challenges']
	/** Ours stands in the list as this. */
	readonly alias?: ContactAlias
}

function onBound(state: Registration, response: ResponseView, bound: Bound, nowMs: number): RegistrationStep {
	const { expiresSeconds, dueAtMs, challenges } = bound
	const alias = bound.alias ?? (state.alias?.verdict === 'ours' ? state.alias : undefined)
	const confirmed = bound.listed && alias?.verdict !== 'doubtful'
	const still = stillBound(state, expiresSeconds, dueAtMs, confirmed)
	const next: Registration = {
		...state,
		inFlight: false,
		challenges,
		freshlyAnswered: NONE,
		challengeRounds: 0,
		failures: 0,
		phase: 'registered',
		boundUntilMs: nowMs + expiresSeconds * 1000,
		dueAtMs,
		listsAsSent: state.listsAsSent || (bound.listed && alias === undefined),
		alias,
		path: pathOf(response, state.path),
		status: still ?? withoutComplaint(state.status),
	}
	// The wish may have changed while the answer was on its way.
	if (next.wish === 'release') return unregister(next, nowMs)
	if (next.wish === 'forget') return leaveAlone(next, nowMs)
	if (still) return { state: next, effects: [] }
	const facts = { grantedExpiresSeconds: expiresSeconds, nextAttemptMs: dueAtMs }
	const step = withStatus(next, { state: 'registered', ...facts, ...(confirmed ? undefined : UNCONFIRMED) }, nowMs)
	const silent = step.effects.length === 0 && state.status.confirmed === false
	return silent ? { state: step.state, effects: [{ type: 'status', status: step.state.status }] } : step
}

const UNCONFIRMED = { confirmed: false } as const
/** A binding that is ours by the lack of others alone is looked at again after so long, doubled by the spread. */
const DOUBT_MS = 5000

/** Nothing that the 2xx lists is known as ours: something may stand for it. */
function onUnknownContacts(
	state: Registration,
	response: ResponseView,
	sent: OwnContact,
	nowMs: number,
): RegistrationStep {
	const { listsAsSent, alias: before, challenges } = state
	const asked = askedSeconds(state)
	const alias = aliasIn(response, { own: sent, askedSeconds: asked, before, listsAsSent }, nowMs)
	if (alias === undefined || alias.verdict === 'foreign') {
		const calmed: Registration = { ...calm(state, challenges), failures: state.failures, alias }
		return onNotKept(calmed, response, sent, nowMs)
	}
	const { expiresSeconds } = alias
	const usualAtMs = nowMs + refreshDelaySeconds(expiresSeconds, state.spread) * 1000
	const dueAtMs = alias.verdict === 'ours' ? usualAtMs : Math.min(usualAtMs, nowMs + DOUBT_MS * (1 + state.spread))
	return onBound(state, response, { expiresSeconds, dueAtMs, listed: true, challenges, alias }, nowMs)
}

/** What is shown after a refresh that changed nothing else; undefined when there is more to say. */
function stillBound(
	{ status, accountVersion }: Registration,
	grantedExpiresSeconds: number,
	nextAttemptMs: number,
	confirmed: boolean,
): Registration['status'] | undefined {
	if (status.state !== 'registered' || status.accountVersion !== accountVersion) return undefined
	if (status.grantedExpiresSeconds !== grantedExpiresSeconds || hasComplaint(status)) return undefined
	if ((status.confirmed ?? true) !== confirmed) return undefined
	return { ...status, nextAttemptMs }
}

const NONE: readonly string[] = []

/** Answered, and nothing is wrong any more. */
function calm(state: Registration, challenges: Registration['challenges']): Registration {
	return { ...state, inFlight: false, challenges, freshlyAnswered: NONE, challengeRounds: 0, failures: 0 }
}

/** A 2xx without our contact: where it lists others, the server had to choose and chose them. */
function onNotKept(state: Registration, response: ResponseView, own: OwnContact, nowMs: number): RegistrationStep {
	const reason = 'the SIP server accepted but did not keep our contact'
	if (state.wish === 'forget') return leaveAlone({ ...state, boundUntilMs: 0 }, nowMs)
	const { others } = listedBindings(response, knownAs(own, state.alias))
	if (others === 0 || state.wish !== 'hold') return backOff(state, reason, response, nowMs)
	return standBack(state, { status: response.status, reason }, others, nowMs)
}

/** Kept as the same object while it says the same, as it does for nearly every refresh. */
function pathOf(response: ResponseView, before: RegistrationPath): RegistrationPath {
	const { headers } = response
	if (before.withoutOutbound) return withoutOutbound(response)
	if (PATH_FIELDS.every((name) => headers.get(name) === undefined)) return NO_PATH
	const serviceRoute = headerList(headers, 'Service-Route').join(', ')
	const options = [...headerList(headers, 'Require'), ...headerList(headers, 'Supported')]
	const outbound = options.some((option) => option.toLowerCase() === 'outbound')
	if (serviceRoute === '' && !outbound) return NO_PATH
	if (before.serviceRoute === (serviceRoute || undefined) && (before.outbound ?? false) === outbound) return before
	return { ...(serviceRoute === '' ? {} : { serviceRoute }), ...(outbound ? { outbound } : {}) }
}

function withoutOutbound({ headers }: ResponseView): RegistrationPath {
	const serviceRoute = headerList(headers, 'Service-Route').join(', ')
	return { withoutOutbound: true, ...(serviceRoute === '' ? {} : { serviceRoute }) }
}

/** 439 (RFC 5626 11.6): the first hop cannot keep flows, so we ask for a binding of the plain kind. */
function onNoOutbound(state: Registration, response: ResponseView, nowMs: number): RegistrationStep {
	if (state.path.withoutOutbound) return backOff(state, refusal(response), response, nowMs)
	return repeat({ ...state, path: { ...state.path, withoutOutbound: true } }, nowMs)
}

const PATH_FIELDS = ['Service-Route', 'Require', 'Supported'] as const

function hasComplaint({ reason, sipStatus }: Registration['status']): boolean {
	return reason !== undefined || sipStatus !== undefined
}

function withoutComplaint(status: Registration['status']): Registration['status'] {
	if (!hasComplaint(status) && status.confirmed === undefined) return status
	const { reason: _reason, sipStatus: _sipStatus, confirmed: _confirmed, ...rest } = status
	return rest
}

function onRemoved(state: Registration, nowMs: number): RegistrationStep {
	const gone: Registration = { ...state, phase: 'idle', certain: false, boundUntilMs: 0, dueAtMs: 0 }
	if (gone.wish === 'hold') return refresh(gone, nowMs)
	return withStatus(gone, { state: 'unregistered' }, nowMs)
}

function onChallenge(state: Registration, response: ResponseView, nowMs: number): RegistrationStep {
	const met = meetChallenge(state, response)
	if ('next' in met) return repeat(met.next, nowMs)
	if (met.forGood) return reject(state, { status: response.status, reason: met.reason }, nowMs)
	return backOff(state, met.reason, response, nowMs)
}

/** 423 (RFC 3261 10.2.8): ask again for at least Min-Expires, once per refusal that asks for more. */
function onTooBrief(state: Registration, response: ResponseView, nowMs: number): RegistrationStep {
	const minimum = Number(response.headers.get('Min-Expires') ?? Number.NaN)
	if (!Number.isInteger(minimum) || minimum <= askedSeconds(state) || minimum > 2 ** 31) {
		return backOff(state, 'the SIP server calls the interval too brief but names no longer one', response, nowMs)
	}
	return repeat({ ...state, minExpiresSeconds: minimum }, nowMs)
}

/**
 * 400 and 500 are how registrars refuse a CSeq that does not rise within a Call-ID (RFC 3261 10.3 step 7,
 * 12.2.2). The first such refusal gets a new Call-ID; if that does not help it was something else.
 */
function onRefusedOrder(state: Registration, response: ResponseView, nowMs: number): RegistrationStep {
	if (state.failures > 0) return backOff(state, refusal(response), response, nowMs)
	const step = backOff(state, refusal(response), response, nowMs)
	return { state: step.state, effects: [...step.effects, ...askForGeneration(state).effects] }
}

/** 3xx (RFC 3261 21.3): one attempt at the first SIP contact offered, then it is a failure like others. */
function onRedirect(state: Registration, response: ResponseView, nowMs: number): RegistrationStep {
	const offered = headerList(response.headers, 'Contact')
		.map((text) => parseNameAddr(text)?.uri)
		.find((uri) => uri !== undefined && parseUri(uri)?.scheme === 'sip')
	if (offered === undefined || state.failures > 0) return backOff(state, refusal(response), response, nowMs)
	return repeat({ ...state, redirectUri: offered, failures: 1 }, nowMs)
}

/** Refused for good: nothing is sent until the account changes or a device asks again much later. */
function reject(state: Registration, refused: HeldRefusal, nowMs: number): RegistrationStep {
	if (state.phase === 'unregistering' || state.wish !== 'hold') return onRemovalRefused(state, refused, nowMs)
	const next: Registration = {
		...state,
		phase: 'rejected',
		dueAtMs: 0,
		boundUntilMs: 0,
		challenges: [],
		freshlyAnswered: [],
		challengeRounds: 0,
	}
	return withStatus(next, { state: 'rejected', reason: refused.reason, sipStatus: refused.status }, nowMs)
}

/** 404: there is no such address-of-record, and so no binding. Otherwise a removal that must be certain goes on. */
function onRemovalRefused(state: Registration, refused: HeldRefusal, nowMs: number): RegistrationStep {
	if (!state.certain || refused.status === 404) return giveUpRemoval(state, nowMs)
	return backOff({ ...state, phase: 'unregistering' }, refused.reason, undefined, nowMs)
}

/** Refused or unreachable for now: wait, doubling, or as long as Retry-After says. */
function backOff(
	state: Registration,
	reason: string,
	response: ResponseView | undefined,
	nowMs: number,
): RegistrationStep {
	const failures = state.failures + 1
	const waiting: Registration = { ...state, failures, freshlyAnswered: [], challengeRounds: 0 }
	const removing = state.phase === 'unregistering'
	const tired = failures > MOST_UNREGISTER_FAILURES && !state.certain
	if (removing && (tired || state.boundUntilMs <= nowMs)) return giveUpRemoval(waiting, nowMs)
	const wait = retryAfterSeconds(response?.headers.get('Retry-After')) ?? retryDelaySeconds(failures, state.spread)
	const wanted = nowMs + wait * 1000
	const dueAtMs = removing && state.certain ? Math.min(wanted, state.boundUntilMs) : wanted
	const next: Registration = { ...waiting, phase: 'backing-off', dueAtMs }
	const shown = state.wish === 'hold' ? 'failing' : 'unregistering'
	return withStatus(
		next,
		{ state: shown, reason, ...(response ? { sipStatus: response.status } : {}), nextAttemptMs: dueAtMs },
		nowMs,
	)
}

/** Leaves the binding to its own end; where the service is wanted again meanwhile, it binds anew instead. */
function giveUpRemoval(state: Registration, nowMs: number): RegistrationStep {
	const next: Registration = { ...state, phase: 'idle', certain: false, boundUntilMs: 0, dueAtMs: 0, failures: 0 }
	if (next.wish === 'hold') return refresh(next, nowMs)
	const reason = 'the SIP server did not confirm the removal; the binding ends by itself'
	return withStatus(next, { state: 'unregistered', reason }, nowMs)
}

function refusal(response: ResponseView): string {
	return `the SIP server answered ${response.status} ${response.reason}`.trim()
}
