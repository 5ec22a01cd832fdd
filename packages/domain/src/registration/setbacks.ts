import type { ResponseView } from '@vigil/sip'
import { refresh, withStatus } from './attempts.ts'
import { restored } from './own-additions.ts'
import { rejectedRestSeconds, retryAfterSeconds, retryDelaySeconds } from './timing.ts'
import type { HeldRefusal, Registration, RegistrationStep } from './types.ts'

/** Times a removal is tried before it is left to the binding's own end. */
const MOST_UNREGISTER_FAILURES = 5

/**
 * Refused in words that speak of the account. Whoever could change it may be asleep, and a registrar whose database is
 * away says the same: it is tried again, after a rest that the registrar will not take for guessing (ADR 11).
 */
export function reject(state: Registration, refused: HeldRefusal, nowMs: number): RegistrationStep {
	if (state.phase === 'unregistering' || state.desired !== 'hold') return onRemovalRefused(state, refused, nowMs)
	const failures = state.status.state === 'rejected' ? state.failures + 1 : 1
	const dueAtMs = nowMs + rejectedRestSeconds(failures, state.spread, state.proven) * 1000
	const next: Registration = {
		...rested(state),
		phase: 'rejected',
		failures,
		dueAtMs,
		boundUntilMs: 0,
		challenges: [],
	}
	const facts = { reason: refused.reason, sipStatus: refused.status, nextAttemptMs: dueAtMs }
	return withStatus(next, { state: 'rejected', ...facts }, nowMs)
}

/** 404: there is no such address-of-record, and so no binding. Otherwise a removal that must be certain goes on. */
function onRemovalRefused(state: Registration, refused: HeldRefusal, nowMs: number): RegistrationStep {
	if (!state.certain || refused.status === 404) return giveUpRemoval(state, nowMs)
	return backOff({ ...state, phase: 'unregistering' }, refused.reason, undefined, nowMs)
}

/** What is left of an attempt that failed: the next one goes to the registrar anew, with all that is usual. */
export function rested(state: Registration): Registration {
	const challenges = state.redirectUri === undefined ? state.challenges : []
	return { ...restored(state), challenges, newlyAnswered: [], repeats: 0, redirectUri: undefined }
}

/** Refused or unreachable for now: wait, doubling, or as long as Retry-After says. */
export function backOff(
	state: Registration,
	reason: string,
	response: ResponseView | undefined,
	nowMs: number,
): RegistrationStep {
	const failures = state.failures + 1
	const waiting: Registration = { ...rested(state), failures }
	const removing = state.phase === 'unregistering'
	const tired = failures > MOST_UNREGISTER_FAILURES && !state.certain
	if (removing && (tired || state.boundUntilMs <= nowMs)) return giveUpRemoval(waiting, nowMs)
	const wait = retryAfterSeconds(response?.headers.get('Retry-After')) ?? retryDelaySeconds(failures, state.spread)
	const wanted = nowMs + wait * 1000
	const dueAtMs = removing && state.certain ? Math.min(wanted, state.boundUntilMs) : wanted
	const next: Registration = { ...waiting, phase: 'backing-off', dueAtMs }
	const shown = state.desired === 'hold' ? 'failing' : 'unregistering'
	return withStatus(
		next,
		{ state: shown, reason, ...(response ? { sipStatus: response.status } : {}), nextAttemptMs: dueAtMs },
		nowMs,
	)
}

/** Leaves the binding to its own end; where the service is wanted again meanwhile, it binds anew instead. */
function giveUpRemoval(state: Registration, nowMs: number): RegistrationStep {
	const next: Registration = {
		...state,
		phase: 'idle',
		certain: false,
		boundUntilMs: 0,
		dueAtMs: undefined,
		failures: 0,
	}
	if (next.desired === 'hold') return refresh(next, nowMs)
	const reason = 'the SIP server did not confirm the removal; the binding ends by itself'
	return withStatus(next, { state: 'unregistered', reason }, nowMs)
}
