import type { RegistrationStatus } from '../account/registration-status.ts'
import { askedSeconds, keepUntilItsEnd, leaveAlone, refresh, unregister } from './attempts.ts'
import { fetchBindings } from './bindings.ts'
import type { HeldChallenge } from './held-challenge.ts'
import { homeAfter } from './home-realm.ts'
import { triedAgain } from './own-additions.ts'
import { NO_PATH, type RegistrationPath } from './registration-path.ts'
import { onFailure, onRejectedPreemptive, onResponse } from './responses.ts'
import { noLaterThan, rejectedRestSeconds } from './timing.ts'
import type { Registration, RegistrationInput, RegistrationStep } from './types.ts'

/** A registration that was rejected is tried again at a device's request only after this long. */
const REJECTED_REST_MS = 300_000

/**
 * The registration machine of one account (RFC 3261 10.2; design of the refusals in `responses.ts`).
 *
 * ```
 *          configure(hold)              2xx                  due
 *   idle ------------------> registering ----> registered --------> registering
 *    ^                         |    |  ^            |
 *    |            403, 404,    |    |  | due        | configure(remove)
 *    |            wrong        v    v  |            v
 *    |            password  rejected backing-off  unregistering
 *    |                         | due, after a long rest: registering
 *    +------------------------------ 2xx or given up ---+
 * ```
 *
 * `abandon` leads from anywhere to idle and sends nothing. A binding query (`bindings.ts`) goes
 * between two other REGISTERs and changes no phase.
 *
 * Invariants: at most one REGISTER in flight; CSeq rises within a Call-ID; an answer of an older attempt
 * changes nothing; while held, `dueAtMs` lies before the end of the binding.
 */
export function stepRegistration(state: Registration, input: RegistrationInput, nowMs: number): RegistrationStep {
	switch (input.type) {
		case 'configure':
			return onConfigure(state, input, nowMs)
		case 'query-bindings':
			return onQuery(state, input)
		case 'due':
			return onDue(armed(state, input.challenges), nowMs)
		case 'flow-lost':
			return onFlowLost(state, input, nowMs)
		case 'look':
			return onLook(state, input, nowMs)
		case 'response':
			if (!state.inFlight || input.attempt !== state.attempt) return { state, effects: [] }
			return onResponse(state, input.response, input.own, nowMs)
		case 'rejected-preemptive':
			if (!state.inFlight || input.attempt !== state.attempt) return { state, effects: [] }
			return onRejectedPreemptive(state, nowMs)
		case 'failed':
			if (!state.inFlight || input.attempt !== state.attempt) return { state, effects: [] }
			return onFailure(state, input, nowMs)
	}
}

function onConfigure(
	state: Registration,
	input: Extract<RegistrationInput, { type: 'configure' }>,
	nowMs: number,
): RegistrationStep {
	const changed = state.generation === 0 || state.revision !== input.settings.revision
	const newlyWanted = input.desired === 'hold' && (state.desired !== 'hold' || input.replacing !== undefined)
	// A new Call-ID is our own doing: it says nothing of the refusal that led to it.
	const renumbered = state.generation !== 0 && state.generation !== input.settings.generation
	const failures = renumbered ? state.failures : 0
	const next = sought(adopt(state, input, changed), input.certain === true, nowMs)
	// One REGISTER at a time: the answer to the one in flight decides what follows, unless it only asks.
	const changing = next.inFlight && (next.querying === 0 || next.refused !== undefined)
	if (changing) return { state: next, effects: [] }
	const paced = input.paced === true || next.inFlight
	if (next.desired === 'abandon') return abandon(next, nowMs)
	if (next.desired === 'keep') return restated(keepUntilItsEnd(next, nowMs))
	if (next.desired === 'remove') {
		if (paced && next.boundUntilMs > nowMs) return { state: { ...next, dueAtMs: nowMs }, effects: [] }
		return remove(next, nowMs)
	}
	if (!mustRegisterNow(next, changed, newlyWanted, nowMs)) return restate(next)
	// What somebody asked for is an attempt of its own; one that time brings goes on being shown as rejected.
	const phase = next.phase === 'rejected' ? 'idle' : next.phase
	if (paced) return { state: { ...next, phase, failures, dueAtMs: nowMs }, effects: [] }
	return refresh({ ...next, phase, failures }, nowMs)
}

function adopt(
	state: Registration,
	input: Extract<RegistrationInput, { type: 'configure' }>,
	changed: boolean,
): Registration {
	const { desired, accountVersion } = input
	// A swap that is due or in flight goes on while ours is wanted.
	const replacing = input.replacing ?? (desired === 'hold' || state.inFlight ? state.replacing : undefined)
	const base: Registration = { ...state, desired, accountVersion, replacing }
	if (!changed) return base
	const { expiresSeconds, phase, revision, generation } = input.settings
	// A new Call-ID is our own doing: it says nothing of the credential, and is no reason to ask more often.
	const renumbered = state.generation !== 0 && state.generation !== generation
	return {
		...base,
		expiresSeconds,
		spread: phase,
		revision,
		generation,
		cseqCount: state.generation === generation ? state.cseqCount : 0,
		// A changed credential or registrar makes cached answers and refusals void.
		challenges: [],
		home: renumbered ? state.home : undefined,
		newlyAnswered: [],
		repeats: renumbered ? state.repeats : 0,
		leftOut: [],
		proven: renumbered && state.proven,
		path: added(state.path),
		minExpiresSeconds: 0,
		redirectUri: undefined,
		listsAsSent: false,
		alias: undefined,
	}
}

/** What was left out as the registrar refused it is added again. */
function added(path: RegistrationPath): RegistrationPath {
	if (!path.withoutOutbound && !path.withoutNatEmulation) return path
	return path.serviceRoute === undefined ? NO_PATH : { serviceRoute: path.serviceRoute }
}

/** A removal that must be certain counts with a binding that lasts as long as we would have asked for. */
function sought(state: Registration, certain: boolean, nowMs: number): Registration {
	if (state.desired !== 'remove') return state.certain ? { ...state, certain: false } : state
	if (!certain) return state
	return { ...state, certain, boundUntilMs: Math.max(state.boundUntilMs, nowMs + askedSeconds(state) * 1000) }
}

function mustRegisterNow(state: Registration, changed: boolean, newlyWanted: boolean, nowMs: number): boolean {
	switch (state.phase) {
		case 'idle':
			return true
		case 'rejected':
			return changed || nowMs - rejectedAtMs(state) >= REJECTED_REST_MS
		// Kept without a refresh until now, or to be there in the place of another.
		case 'registered':
		case 'backing-off':
			return changed || newlyWanted
		// In flight: never reached from here.
		case 'registering':
		case 'unregistering':
			return false
	}
}

/** When it was rejected last. */
function rejectedAtMs({ dueAtMs, failures, spread, proven }: Registration): number {
	return (dueAtMs ?? 0) - rejectedRestSeconds(failures, spread, proven) * 1000
}

/** Removes what may be bound; an account that never bound anything is simply idle. */
function remove(state: Registration, nowMs: number): RegistrationStep {
	if (state.boundUntilMs > nowMs) return unregister(state, nowMs)
	const next: Registration = {
		...state,
		phase: 'idle',
		certain: false,
		dueAtMs: undefined,
		boundUntilMs: 0,
		failures: 0,
	}
	return restate(next, { state: 'unregistered', sinceMs: nowMs, accountVersion: state.accountVersion })
}

/** Sends nothing; what may be bound is remembered, for a later removal. */
function abandon(state: Registration, nowMs: number): RegistrationStep {
	if (state.boundUntilMs > nowMs || state.phase !== 'idle') return leaveAlone(state, nowMs)
	return remove(state, nowMs)
}

/** A binding query waits for what is in flight; a newer one takes the place of one that waits. */
function onQuery(state: Registration, input: Extract<RegistrationInput, { type: 'query-bindings' }>): RegistrationStep {
	if (state.inFlight || input.paced) return { state: { ...state, query: input.query }, effects: [] }
	return fetchBindings({ ...state, query: 0 }, input.query)
}

/** The step, with the status for the newest version of the account. */
function restated({ state, effects }: RegistrationStep): RegistrationStep {
	const again = restate(state)
	return { state: again.state, effects: [...effects, ...again.effects] }
}

/** Says the status again when it now answers to a newer version of the account or has changed. */
function restate(state: Registration, changed?: RegistrationStatus): RegistrationStep {
	const wanted = changed ?? state.status
	const sameState = wanted.state === state.status.state
	if (sameState && state.status.accountVersion === state.accountVersion) return { state, effects: [] }
	const status: RegistrationStatus = {
		...wanted,
		sinceMs: sameState ? state.status.sinceMs : wanted.sinceMs,
		accountVersion: state.accountVersion,
	}
	return { state: { ...state, status }, effects: [{ type: 'status', status }] }
}

/** With the challenges of others (RFC 7616 3.6 lets a client authorize preemptively), except where they are its own. */
function armed(state: Registration, challenges: readonly HeldChallenge[] | undefined): Registration {
	if (challenges === undefined || state.inFlight) return state
	const nonces = new Set(state.challenges.map(({ challenge }) => challenge.nonce))
	// Its own count of a nonce goes on: a lower one would be a replay (RFC 7616 3.4.5).
	return challenges.some(({ challenge }) => nonces.has(challenge.nonce))
		? state
		: { ...state, challenges, home: homeAfter(state.home, challenges) }
}

/** With what the last acceptance was without, unless that is known to be refused. */
function asUsual(state: Registration): Registration {
	const path = triedAgain(state.path)
	return path === state.path ? state : { ...state, path }
}

function onDue(state: Registration, nowMs: number): RegistrationStep {
	if (state.inFlight) return { state, effects: [] }
	if (state.query !== 0) return fetchBindings(state, state.query)
	if (state.dueAtMs === undefined || nowMs < state.dueAtMs) return { state, effects: [] }
	switch (state.desired) {
		case 'hold':
			return refresh(asUsual(state), nowMs)
		case 'remove':
			return remove(state, nowMs)
		case 'abandon':
			return abandon(state, nowMs)
		case 'keep':
			return keepUntilItsEnd(state, nowMs)
	}
}

/** Binds anew soon, spread by the phase as many accounts may share the connection. */
function onFlowLost(
	state: Registration,
	{ afterMs = 0, spreadMs = 2000, contactUri }: Extract<RegistrationInput, { type: 'flow-lost' }>,
	nowMs: number,
): RegistrationStep {
	if (state.phase !== 'registered') return { state, effects: [] }
	return dueWithin({ ...state, remnants: contactUri === undefined ? [] : [contactUri] }, afterMs, spreadMs, nowMs)
}

function onLook(
	state: Registration,
	{ spreadMs, waitingOnly }: Extract<RegistrationInput, { type: 'look' }>,
	nowMs: number,
): RegistrationStep {
	const concerned = waitsForServer(state) || (state.phase === 'registered' && !waitingOnly)
	return concerned ? dueWithin(state, 0, spreadMs, nowMs) : { state, effects: [] }
}

/** It waits because the server did not answer, or said that it cannot serve now; not because of what the account is. */
function waitsForServer({ phase, dueAtMs, status: { sipStatus } }: Registration): boolean {
	if (phase !== 'backing-off' || dueAtMs === undefined) return false
	return sipStatus === undefined || sipStatus === 408 || (sipStatus >= 500 && sipStatus < 600)
}

function dueWithin(state: Registration, afterMs: number, spreadMs: number, nowMs: number): RegistrationStep {
	const dueAtMs = nowMs + afterMs + spreadMs * state.spread
	return { state: { ...state, dueAtMs: noLaterThan(state.dueAtMs, dueAtMs) }, effects: [] }
}
