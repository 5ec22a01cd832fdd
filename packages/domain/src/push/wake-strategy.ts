import type { Step } from '@vigil/sip'
import { callTokens, type Device, type PushToken } from '../device/device.ts'
import { capabilitiesOf } from '../device/push-token-kinds.ts'
import { type PushIntent, type PushOutcome, retiresToken } from './push-attempt.ts'

/**
 * Which token of a device is pushed to, when, how often and until when. Pure: the driver looks the device up, sends,
 * and carries the effects out.
 *
 *     start -> looking-up -> sending -> done
 *                 |   ^        |   ^
 *                 v   |        v   |
 *               waiting-to   waiting-to
 *               -look-up     -send
 *
 * A dead, misconfigured or rejected token gives way to the next one at once; `retry` repeats the same token after a
 * pause as long as the pause ends before the deadline. A push whose answer stayed away may have been delivered: it is repeated only
 * as often as its kind bears being delivered twice. Whatever comes when the wake is done changes nothing.
 */
export interface WakeState {
	readonly intent: PushIntent
	/** Epoch milliseconds; no request leaves at or after it. */
	readonly deadlineMs: number
	readonly phase: 'looking-up' | 'waiting-to-look-up' | 'sending' | 'waiting-to-send' | 'done'
	/** Tokens not given up yet, best first; the first is in use. */
	readonly tokens: readonly PushToken[]
	/** Failures in a row of the look-up or of the token in use; sets the pause. */
	readonly failures: number
	/** Requests of the token in use that got no answer. */
	readonly unanswered: number
	/** Requests made in all. */
	readonly attempts: number
	readonly lastOutcome?: PushOutcome
	/** The device is awake: what is under way may end, nothing more is sent. */
	readonly awake: boolean
	/** End of the pause while waiting; else undefined. */
	readonly dueAtMs: number | undefined
}

export type WakeInput =
	| { readonly type: 'found'; readonly device: Device | undefined }
	| { readonly type: 'look-up-failed' }
	| { readonly type: 'outcome'; readonly outcome: PushOutcome }
	| { readonly type: 'due' }
	/** The device attached, whatever woke it. */
	| { readonly type: 'awake' }
	/** The service stops: nothing more is sent. */
	| { readonly type: 'abandon' }

export type WakeEffect =
	| { readonly type: 'look-up' }
	/** Make request number `attempt` (from 1) with this token. */
	| { readonly type: 'send'; readonly token: PushToken; readonly attempt: number }
	/** Retire the token unless it was handed in again after `notAfterMs`. */
	| { readonly type: 'retire'; readonly token: PushToken; readonly reason: string; readonly notAfterMs: number }
	| { readonly type: 'finish'; readonly result: WakeResult }

/**
 * `accepted` a provider took it; `no-device`, `no-token` there is nothing to push to; `refused` no token is left or none
 * may be tried again in time (`outcome` says why); `unanswered` a provider that did not answer may have taken it; `unavailable` the device could not be looked up in time; `expired` the
 * deadline was over; `needless` the device woke before a provider accepted; `abandoned` the service stopped first.
 */
export interface WakeResult {
	readonly kind:
		| 'accepted'
		| 'no-device'
		| 'no-token'
		| 'refused'
		| 'unanswered'
		| 'unavailable'
		| 'expired'
		| 'needless'
		| 'abandoned'
	readonly attempts: number
	readonly outcome?: PushOutcome
}

export type WakeStep = Step<WakeState, WakeEffect>

export interface WakeRequest {
	readonly intent: PushIntent
	readonly deadlineMs: number
}

/** Calls arrive spread over time, so their retries are spread too and need no jitter. */
const FIRST_PAUSE_MS = 250
const LONGEST_PAUSE_MS = 4000
/** A provider that fails this often will not let this call ring. */
const MAX_ATTEMPTS = 8

/** Begins a wake: looks the device up, or ends at once when the deadline is over. */
export function startWake(request: WakeRequest, nowMs: number): WakeStep {
	const { intent, deadlineMs } = request
	const nothingYet = { tokens: [], failures: 0, unanswered: 0, attempts: 0, awake: false, dueAtMs: undefined }
	const state: WakeState = { intent, deadlineMs, phase: 'looking-up', ...nothingYet }
	return nowMs >= request.deadlineMs ? finish(state, 'expired') : { state, effects: [{ type: 'look-up' }] }
}

/** The wake's next state and what is to be done; inputs that do not belong to the phase change nothing. */
export function stepWake(state: WakeState, input: WakeInput, nowMs: number): WakeStep {
	if (input.type === 'abandon') return stop(state, 'abandoned')
	if (input.type === 'awake') return awake(state)
	switch (state.phase) {
		case 'looking-up':
			return lookingUp(state, input, nowMs)
		case 'sending':
			return sending(state, input, nowMs)
		case 'waiting-to-look-up':
			return input.type === 'due' ? lookUpAgain(state, nowMs) : stay(state)
		case 'waiting-to-send':
			return input.type === 'due' ? send(state, nowMs) : stay(state)
		case 'done':
			return stay(state)
	}
}

/**
 * The tokens that serve an intent, best first, by what each can do (`PUSH_TOKEN_KINDS`). A test prefers tokens that show no call.
 */
export function tokensFor(intent: PushIntent, device: Device): readonly PushToken[] {
	const live = device.pushTokens.filter((token) => token.retiredAtMs === undefined)
	switch (intent) {
		case 'call':
			return callTokens(device)
		case 'refresh':
			return live.filter((token) => capabilitiesOf(token).silent)
		case 'call-cancelled':
			return live.filter((token) => capabilitiesOf(token).cancels)
		case 'test':
			return live.toSorted((one, other) => Number(capabilitiesOf(other).silent) - Number(capabilitiesOf(one).silent))
	}
}

/** Milliseconds to wait after this many failures in a row; a longer Retry-After of the provider is respected. */
export function retryPauseMs(failures: number, retryAfterMs = 0): number {
	return Math.max(retryAfterMs, Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (failures - 1)))
}

function lookingUp(state: WakeState, input: WakeInput, nowMs: number): WakeStep {
	if (input.type === 'look-up-failed')
		return pause(state, 'waiting-to-look-up', 0, nowMs) ?? finish(state, 'unavailable')
	if (input.type !== 'found') return stay(state)
	if (!input.device) return finish(state, 'no-device')
	const tokens = tokensFor(state.intent, input.device)
	if (tokens.length === 0) return finish(state, 'no-token')
	return send({ ...state, tokens, failures: 0, unanswered: 0 }, nowMs)
}

function lookUpAgain(state: WakeState, nowMs: number): WakeStep {
	if (nowMs >= state.deadlineMs) return finish(state, 'expired')
	return { state: { ...state, phase: 'looking-up', dueAtMs: undefined }, effects: [{ type: 'look-up' }] }
}

function sending(state: WakeState, input: WakeInput, nowMs: number): WakeStep {
	if (input.type !== 'outcome') return stay(state)
	const { outcome } = input
	const told = { ...state, lastOutcome: outcome }
	switch (outcome.kind) {
		case 'accepted':
			return finish(told, 'accepted')
		case 'expired':
			return finish(told, 'expired')
		case 'retry':
			return retry(told, outcome, nowMs)
		case 'dead-token':
			return withEffects(retirement(told, outcome), nextToken(told, nowMs))
		case 'misconfigured':
		case 'rejected':
			return nextToken(told, nowMs)
	}
}

function retry(state: WakeState, outcome: PushOutcome, nowMs: number): WakeStep {
	if (state.attempts >= MAX_ATTEMPTS) return finish(state, 'refused')
	const unanswered = state.unanswered + (outcome.unanswered ? 1 : 0)
	const [token] = state.tokens
	if (token && unanswered >= capabilitiesOf(token).mostUnanswered) return finish(state, 'unanswered')
	const counted = { ...state, unanswered }
	return pause(counted, 'waiting-to-send', outcome.retryAfterMs, nowMs) ?? nextToken(counted, nowMs)
}

function retirement(state: WakeState, outcome: PushOutcome): readonly WakeEffect[] {
	const [token] = state.tokens
	if (!token || !retiresToken(outcome, token)) return []
	// Without the provider's own date the answer speaks of the token as it was when it was read: whoever hands it in after that, by
	// whichever clock, knows better.
	const notAfterMs = outcome.deadSinceMs ?? token.registeredAtMs
	return [{ type: 'retire', token, reason: outcome.reason ?? 'dead-token', notAfterMs }]
}

function nextToken(state: WakeState, nowMs: number): WakeStep {
	const tokens = state.tokens.slice(1)
	return tokens.length === 0 && !state.awake
		? finish(state, 'refused')
		: send({ ...state, tokens, failures: 0, unanswered: 0 }, nowMs)
}

function send(state: WakeState, nowMs: number): WakeStep {
	const [token] = state.tokens
	if (state.awake) return finish(state, 'needless')
	if (!token || nowMs >= state.deadlineMs) return finish(state, 'expired')
	const attempt = state.attempts + 1
	return {
		state: { ...state, phase: 'sending', attempts: attempt, dueAtMs: undefined },
		effects: [{ type: 'send', token, attempt }],
	}
}

/** Undefined when the pause would not end before the deadline. */
function pause(
	state: WakeState,
	phase: 'waiting-to-look-up' | 'waiting-to-send',
	retryAfterMs: number | undefined,
	nowMs: number,
): WakeStep | undefined {
	const failures = state.failures + 1
	const delayMs = retryPauseMs(failures, retryAfterMs)
	if (state.awake || nowMs + delayMs >= state.deadlineMs) return undefined
	return stay({ ...state, phase, failures, dueAtMs: nowMs + delayMs })
}

/** A request under way is let end, for its answer is evidence and may retire the token. */
function awake(state: WakeState): WakeStep {
	if (state.intent !== 'call') return stay(state)
	return state.phase === 'sending' ? stay({ ...state, awake: true }) : stop(state, 'needless')
}

function stop(state: WakeState, kind: 'needless' | 'abandoned'): WakeStep {
	return state.phase === 'done' ? stay(state) : finish(state, kind)
}

function finish(state: WakeState, kind: WakeResult['kind']): WakeStep {
	const { attempts, lastOutcome } = state
	const result = { kind, attempts, ...(lastOutcome && { outcome: lastOutcome }) }
	return { state: { ...state, phase: 'done', dueAtMs: undefined }, effects: [{ type: 'finish', result }] }
}

function withEffects(first: readonly WakeEffect[], step: WakeStep): WakeStep {
	return first.length === 0 ? step : { state: step.state, effects: [...first, ...step.effects] }
}

function stay(state: WakeState): WakeStep {
	return { state, effects: [] }
}
