import type { SipMessage, SipRequest, SipResponse } from '../message/message.ts'
import {
	deliver,
	failed,
	firing,
	move,
	NO_TIMERS,
	run,
	stay,
	TERMINATED,
	type TransactionInput,
	type TransactionMachine,
	type TransactionSettings,
	type TransactionStep,
	type TransactionTimers,
	transmit,
} from './machine.ts'
import { transactionTimeout } from './timer-values.ts'

/** State of an INVITE server transaction. */
export interface InviteServerState extends TransactionSettings, TransactionTimers {
	readonly phase: 'proceeding' | 'completed' | 'confirmed' | 'accepted' | 'terminated'
	readonly request: SipRequest
	/** The last response sent, repeated when the request comes again. */
	readonly lastResponse: SipResponse | undefined
	/** What timer G was last set to, milliseconds. */
	readonly intervalG: number
}

export interface InviteServerSettings extends TransactionSettings {
	/** A 100 to send at once. RFC 3261 17.2.1 wants one unless another response follows within 200 ms. */
	readonly trying?: SipResponse
}

type Step = TransactionStep<InviteServerState>

/**
 * The INVITE server transaction (RFC 3261 17.2.1, RFC 6026 7.1).
 *
 *     proceeding --300-699--> completed --ACK--> confirmed --I--> terminated
 *         |                       \--H: no ACK-------------------> terminated
 *         \--2xx--> accepted --L--> terminated
 *
 * A 2xx is repeated by the transaction user until its ACK (13.3.1.4), not here.
 */
export const inviteServer: TransactionMachine<InviteServerState, InviteServerSettings> = { start, step }

function start(request: SipRequest, settings: InviteServerSettings): Step {
	const { timers, reliable, trying } = settings
	const state: InviteServerState = {
		phase: 'proceeding',
		request,
		timers,
		reliable,
		...NO_TIMERS,
		lastResponse: trying,
		intervalG: timers.t1,
	}
	return trying ? move(state, transmit(trying), deliver(request)) : move(state, deliver(request))
}

function step(state: InviteServerState, input: TransactionInput, nowMs: number): Step {
	switch (state.phase) {
		case 'proceeding':
			return proceeding(state, input, nowMs)
		case 'completed':
			return completed(state, input, nowMs)
		case 'confirmed':
			return confirmed(state, input, nowMs)
		case 'accepted':
			return accepted(state, input, nowMs)
		case 'terminated':
			return stay(state)
	}
}

function proceeding(state: InviteServerState, input: TransactionInput, nowMs: number): Step {
	switch (input.type) {
		case 'receive':
			return isInvite(input.message) ? repeatLast(state) : stay(state)
		case 'send':
			return respond(state, input.message, nowMs)
		case 'transport-error':
			return report(state)
		case 'due':
			return stay(state)
	}
}

/** 17.2.1: the request again means that the response was lost, or has not been sent yet. */
function repeatLast(state: InviteServerState): Step {
	return state.lastResponse ? move(state, transmit(state.lastResponse)) : stay(state)
}

function respond(state: InviteServerState, response: SipResponse, nowMs: number): Step {
	const next = { ...state, lastResponse: response }
	if (response.status < 200) return move(next, transmit(response))
	const timeoutAtMs = nowMs + transactionTimeout(state.timers)
	if (response.status < 300) {
		// RFC 6026 7.1: stay long enough to absorb copies of the INVITE that are still under way.
		return move({ ...next, phase: 'accepted', ...run({ L: timeoutAtMs }) }, transmit(response))
	}
	// 17.2.1: repeat by timer G on unreliable transports, until the ACK, at most for timer H (which runs on reliable ones too).
	const giveUp = { H: timeoutAtMs }
	const completed = run(state.reliable ? giveUp : { G: nowMs + state.timers.t1, ...giveUp })
	return move({ ...next, phase: 'completed', ...completed }, transmit(response))
}

function completed(state: InviteServerState, input: TransactionInput, nowMs: number): Step {
	switch (input.type) {
		case 'receive':
			if (isAck(input.message)) return acknowledged(state, nowMs)
			return isInvite(input.message) ? repeatLast(state) : stay(state)
		case 'due':
			return fire(state, nowMs)
		case 'transport-error':
			return report(state)
		case 'send':
			// 17.2.1: a second final response is dropped.
			return stay(state)
	}
}

function fire(state: InviteServerState, nowMs: number): Step {
	const timer = firing(state, nowMs)
	if (timer === 'G') return repeatByTimer(state, nowMs)
	return timer === 'H' ? timedOut(state) : stay(state)
}

/** 17.2.1: the interval of timer G doubles up to T2. */
function repeatByTimer(state: InviteServerState, nowMs: number): Step {
	if (!state.lastResponse) return stay(state)
	const intervalG = Math.min(2 * state.intervalG, state.timers.t2)
	const completed = run({ ...state.running, G: nowMs + intervalG })
	return move({ ...state, ...completed, intervalG }, transmit(state.lastResponse))
}

/** 17.2.1: the ACK ends the repetitions; further ACKs are absorbed until timer I (T4; zero when reliable). */
function acknowledged(state: InviteServerState, nowMs: number): Step {
	if (state.reliable) return terminate(state)
	return move({ ...state, phase: 'confirmed', ...run({ I: nowMs + state.timers.t4 }) })
}

function timedOut(state: InviteServerState): Step {
	return move({ ...state, phase: 'terminated', ...NO_TIMERS }, failed('timeout'), TERMINATED)
}

function confirmed(state: InviteServerState, input: TransactionInput, nowMs: number): Step {
	return input.type === 'due' && firing(state, nowMs) === 'I' ? terminate(state) : stay(state)
}

/** RFC 6026 7.1: copies of the INVITE are absorbed, further 2xx go out, an ACK goes to the transaction user. */
function accepted(state: InviteServerState, input: TransactionInput, nowMs: number): Step {
	switch (input.type) {
		case 'receive':
			return isAck(input.message) ? move(state, deliver(input.message)) : stay(state)
		case 'send':
			return isSuccess(input.message) ? move(state, transmit(input.message)) : stay(state)
		case 'due':
			return firing(state, nowMs) === 'L' ? terminate(state) : stay(state)
		case 'transport-error':
			return report(state)
	}
}

/** RFC 6026 8.8, changing RFC 3261 17.2.4: tell the transaction user of a transport error, and stay. */
function report(state: InviteServerState): Step {
	return move(state, failed('transport'))
}

function terminate(state: InviteServerState): Step {
	return move({ ...state, phase: 'terminated', ...NO_TIMERS }, TERMINATED)
}

function isInvite(message: SipMessage): boolean {
	return message.kind === 'request' && message.method === 'INVITE'
}

function isAck(message: SipMessage): boolean {
	return message.kind === 'request' && message.method === 'ACK'
}

function isSuccess(response: SipResponse): boolean {
	return response.status >= 200 && response.status < 300
}
