import type { SipRequest, SipResponse } from '../message/message.ts'
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

/** State of a non-INVITE server transaction. */
export interface NonInviteServerState extends TransactionSettings, TransactionTimers {
	readonly phase: 'trying' | 'proceeding' | 'completed' | 'terminated'
	readonly request: SipRequest
	/** The last response sent, repeated when the request comes again. */
	readonly lastResponse: SipResponse | undefined
}

type Step = TransactionStep<NonInviteServerState>

/**
 * The non-INVITE server transaction (RFC 3261 17.2.2).
 *
 *     trying --1xx--> proceeding --200-699--> completed --J--> terminated
 */
export const nonInviteServer: TransactionMachine<NonInviteServerState> = { start, step }

function start(request: SipRequest, settings: TransactionSettings): Step {
	const { timers, reliable } = settings
	const state: NonInviteServerState = {
		phase: 'trying',
		request,
		timers,
		reliable,
		...NO_TIMERS,
		lastResponse: undefined,
	}
	return move(state, deliver(request))
}

function step(state: NonInviteServerState, input: TransactionInput, nowMs: number): Step {
	switch (state.phase) {
		case 'trying':
		case 'proceeding':
			return takeResponse(state, input, nowMs)
		case 'completed':
			return completed(state, input, nowMs)
		case 'terminated':
			return stay(state)
	}
}

function takeResponse(state: NonInviteServerState, input: TransactionInput, nowMs: number): Step {
	switch (input.type) {
		case 'receive':
			return repeatLast(state)
		case 'send':
			return respond(state, input.message, nowMs)
		case 'transport-error':
			return lostTransport(state)
		case 'due':
			return stay(state)
	}
}

/** 17.2.2: the request again is dropped while trying, and answered with the last response afterwards. */
function repeatLast(state: NonInviteServerState): Step {
	return state.lastResponse ? move(state, transmit(state.lastResponse)) : stay(state)
}

/** 17.2.2: a final response is repeated for copies of the request until timer J (64*T1; zero when reliable). */
function respond(state: NonInviteServerState, response: SipResponse, nowMs: number): Step {
	const next = { ...state, lastResponse: response }
	if (response.status < 200) return move({ ...next, phase: 'proceeding' }, transmit(response))
	if (state.reliable) return move({ ...next, phase: 'terminated' }, transmit(response), TERMINATED)
	const absorbing = run({ J: nowMs + transactionTimeout(state.timers) })
	return move({ ...next, phase: 'completed', ...absorbing }, transmit(response))
}

/** 17.2.2: a second final response from the transaction user is dropped. */
function completed(state: NonInviteServerState, input: TransactionInput, nowMs: number): Step {
	switch (input.type) {
		case 'receive':
			return repeatLast(state)
		case 'due':
			if (firing(state, nowMs) !== 'J') return stay(state)
			return move({ ...state, phase: 'terminated', ...NO_TIMERS }, TERMINATED)
		case 'transport-error':
			return lostTransport(state)
		case 'send':
			return stay(state)
	}
}

/** 17.2.4: tell the transaction user, and end. */
function lostTransport(state: NonInviteServerState): Step {
	return move({ ...state, phase: 'terminated', ...NO_TIMERS }, failed('transport'), TERMINATED)
}
