import { headerList, type ResponseView } from '@vigil/sip'
import { askedSeconds, keepUntilItsEnd, leaveAlone, refresh, unregister, withStatus } from './attempts.ts'
import { standBack } from './bindings.ts'
import { challengesAfter } from './challenges.ts'
import { aliasIn, type ContactAlias, knownAs } from './contact-alias.ts'
import { judgedPath, NOTHING_LEFT_OUT } from './own-additions.ts'
import { listedBindings, ownBinding } from './own-binding.ts'
import type { OwnContact } from './own-contact.ts'
import { NO_PATH, type RegistrationPath } from './registration-path.ts'
import { remnants } from './remnants.ts'
import { backOff } from './setbacks.ts'
import { concludeSwap, isSwap, swapOutcome } from './swap.ts'
import { refreshDelaySeconds } from './timing.ts'
import type { Registration, RegistrationEffect, RegistrationStep } from './types.ts'

/** The state is still that of a REGISTER in flight: this is the step of every refresh, and copies it once. */
export function onAccepted(
	state: Registration,
	response: ResponseView,
	sent: OwnContact,
	nowMs: number,
): RegistrationStep {
	const challenges = challengesAfter(state, response)
	const known = knownAs(sent, state.alias)
	if (state.phase === 'unregistering') return onRemovalAccepted(state, calm(state, challenges), response, known, nowMs)
	const own = ownBinding(response, known, askedSeconds(state))
	const swap = isSwap(state) ? swapOutcome(response, known) : 'works'
	if (swap !== 'works') {
		const boundUntilMs = own.bound ? nowMs + own.expiresSeconds * 1000 : 0
		return concludeSwap({ state: { ...calm(state, challenges), boundUntilMs }, effects: [] }, swap, nowMs)
	}
	if (!own.bound) return onUnknownContacts({ ...state, challenges }, response, sent, nowMs)
	const dueAtMs = nowMs + refreshDelaySeconds(own.expiresSeconds, state.spread) * 1000
	return onBound(state, response, sent, { ...own, challenges, dueAtMs }, nowMs)
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

function onBound(
	state: Registration,
	response: ResponseView,
	sent: OwnContact,
	bound: Bound,
	nowMs: number,
): RegistrationStep {
	const { expiresSeconds, dueAtMs, challenges } = bound
	const alias = bound.alias ?? (state.alias?.verdict === 'ours' ? state.alias : undefined)
	const confirmed = bound.listed && alias?.verdict !== 'doubtful'
	const still = stillBound(state, expiresSeconds, dueAtMs, confirmed)
	const next: Registration = {
		...state,
		inFlight: false,
		challenges,
		newlyAnswered: NONE,
		leftOut: NOTHING_LEFT_OUT,
		repeats: 0,
		failures: 0,
		redirectUri: undefined,
		proven: true,
		phase: 'registered',
		boundUntilMs: nowMs + expiresSeconds * 1000,
		dueAtMs,
		listsAsSent: state.listsAsSent || (bound.listed && alias === undefined),
		alias,
		remnants: undefined,
		path: pathOf(response, judgedPath(state)),
		replacing: undefined,
		status: still ?? withoutComplaint(state.status),
	}
	// The desired binding may have changed while the response was on its way.
	if (next.desired === 'remove') return unregister(next, nowMs)
	if (next.desired === 'abandon') return leaveAlone(next, nowMs)
	const cleared = state.remnants && clearedOfRemnants({ ...next, remnants: state.remnants }, response, sent, nowMs)
	if (cleared) return cleared
	if (still) return afterBinding(state, { state: next, effects: [] }, nowMs)
	const facts = { grantedExpiresSeconds: expiresSeconds, nextAttemptMs: dueAtMs }
	const step = withStatus(next, { state: 'registered', ...facts, ...(confirmed ? undefined : UNCONFIRMED) }, nowMs)
	const silent = step.effects.length === 0 && state.status.confirmed === false
	const said = silent ? withEffect(step, { type: 'status', status: step.state.status }) : step
	return afterBinding(state, said, nowMs)
}

/** Bound: what is only to be kept is not refreshed any more, and a swap has come to its end. */
function afterBinding(before: Registration, step: RegistrationStep, nowMs: number): RegistrationStep {
	if (step.state.desired !== 'keep') {
		return isSwap(before) ? withEffect(step, { type: 'swapped', outcome: 'works' }) : step
	}
	const kept = keepUntilItsEnd(step.state, nowMs)
	return { state: kept.state, effects: [...step.effects, ...kept.effects] }
}

function withEffect({ state, effects }: RegistrationStep, effect: RegistrationEffect): RegistrationStep {
	return { state, effects: [...effects, effect] }
}

/** What the connection before has left goes at once, with one REGISTER; a registrar that keeps it then keeps it to its end. */
function clearedOfRemnants(
	state: Registration,
	response: ResponseView,
	sent: OwnContact,
	nowMs: number,
): RegistrationStep | undefined {
	if (state.remnants?.length !== 0) return undefined
	const found = remnants(response, knownAs(sent, state.alias))
	return found.length === 0 ? undefined : refresh({ ...state, remnants: found }, nowMs)
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
	return onBound(state, response, sent, { expiresSeconds, dueAtMs, listed: true, challenges, alias }, nowMs)
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
	const settled = { newlyAnswered: NONE, leftOut: NOTHING_LEFT_OUT, repeats: 0, failures: 0, redirectUri: undefined }
	return { ...state, ...settled, inFlight: false, challenges }
}

/** A 2xx without our contact: where it lists others, the server had to choose and chose them. */
function onNotKept(state: Registration, response: ResponseView, own: OwnContact, nowMs: number): RegistrationStep {
	const reason = 'the SIP server accepted but did not keep our contact'
	if (state.desired === 'abandon' || state.desired === 'keep') return leaveAlone({ ...state, boundUntilMs: 0 }, nowMs)
	const { others } = listedBindings(response, knownAs(own, state.alias))
	if (others === 0 || state.desired !== 'hold') return backOff(state, reason, response, nowMs)
	return standBack(state, { status: response.status, reason }, others, nowMs)
}

/** Kept as the same object while it says the same, as it does for nearly every refresh. */
function pathOf(response: ResponseView, before: RegistrationPath): RegistrationPath {
	const { headers } = response
	const { withoutOutbound, withoutNatEmulation, suspected } = before
	const usual = !withoutOutbound && !withoutNatEmulation
	if (usual && PATH_FIELDS.every((name) => headers.get(name) === undefined)) return NO_PATH
	const serviceRoute = headerList(headers, 'Service-Route').join(', ')
	const options = [...headerList(headers, 'Require'), ...headerList(headers, 'Supported')]
	const outbound = !withoutOutbound && options.some((option) => option.toLowerCase() === 'outbound')
	if (usual && serviceRoute === '' && !outbound) return NO_PATH
	if (before.serviceRoute === (serviceRoute || undefined) && (before.outbound ?? false) === outbound) return before
	return {
		...(serviceRoute === '' ? {} : { serviceRoute }),
		...(outbound ? { outbound } : {}),
		...(withoutOutbound ? { withoutOutbound } : {}),
		...(withoutNatEmulation ? { withoutNatEmulation } : {}),
		...(suspected ? { suspected } : {}),
	}
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

/** A registrar that does not read the parameter of a Contact goes on listing ours: it is told by the header, once. */
function onRemovalAccepted(
	{ failures, desired }: Registration,
	calmed: Registration,
	response: ResponseView,
	known: OwnContact,
	nowMs: number,
): RegistrationStep {
	const isListed = listedBindings(response, known).ours && ownBinding(response, known, 0).bound
	if (!isListed || failures > 0 || desired !== 'remove') return onRemoved(calmed, nowMs)
	return unregister({ ...calmed, failures: 1 }, nowMs)
}

function onRemoved(state: Registration, nowMs: number): RegistrationStep {
	const gone: Registration = { ...state, phase: 'idle', certain: false, boundUntilMs: 0, dueAtMs: undefined }
	if (gone.desired === 'hold') return refresh(gone, nowMs)
	return withStatus(gone, { state: 'unregistered' }, nowMs)
}
