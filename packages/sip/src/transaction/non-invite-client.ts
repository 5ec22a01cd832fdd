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

/** State of a non-INVITE client transaction. */
export interface NonInviteClientState extends TransactionSettings, TransactionTimers {
	readonly phase: 'trying' | 'proceeding' | 'completed' | 'terminated'
	readonly request: SipRequest
	/** What timer E was last set to, milliseconds. */
	readonly intervalE: number
}

type Step = TransactionStep<NonInviteClientState>

/**
 * The non-INVITE client transaction (RFC 3261 17.1.2).
 *
 *     trying --1xx--> proceeding --200-699--> completed --K--> terminated
 *        \--F: timeout--\--F: timeout--> terminated
 */
export const nonInviteClient: TransactionMachine<NonInviteClientState> = { start, step }

/** 17.1.2.2: send at once; repeat by timer E on unreliable transports only; give up after timer F. */
function start(request: SipRequest, settings: TransactionSettings, nowMs: number): Step {
	const { timers, reliable } = settings
	const giveUp = { F: nowMs + transactionTimeout(timers) }
	const trying = run(reliable ? giveUp : { E: nowMs + timers.t1, ...giveUp })
	return move({ phase: 'trying', request, timers, reliable, ...trying, intervalE: timers.t1 }, transmit(request))
}

function step(state: NonInviteClientState, input: TransactionInput, nowMs: number): Step {
	switch (state.phase) {
		case 'trying':
		case 'proceeding':
			return waiting(state, input, nowMs)
		case 'completed':
			return completed(state, input, nowMs)
		case 'terminated':
			return stay(state)
	}
}

function waiting(state: NonInviteClientState, input: TransactionInput, nowMs: number): Step {
	switch (input.type) {
		case 'receive':
			return input.message.kind === 'response' ? onResponse(state, input.message, nowMs) : stay(state)
		case 'due':
			return fire(state, nowMs)
		case 'transport-error':
			return terminate(state, 'transport')
		case 'send':
			return stay(state)
	}
}

function fire(state: NonInviteClientState, nowMs: number): Step {
	const timer = firing(state, nowMs)
	if (timer === 'E') return repeat(state, nowMs)
	return timer === 'F' ? terminate(state, 'timeout') : stay(state)
}

/** 17.1.2.2: while trying the interval doubles up to T2; once a provisional response came it is T2. */
function repeat(state: NonInviteClientState, nowMs: number): Step {
	const { t2 } = state.timers
	const intervalE = state.phase === 'proceeding' ? t2 : Math.min(2 * state.intervalE, t2)
	const waiting = run({ ...state.running, E: nowMs + intervalE })
	return move({ ...state, ...waiting, intervalE }, transmit(state.request))
}

/** 17.1.2.2: a final response is delivered once; copies of it are absorbed until timer K (T4; zero when reliable). */
function onResponse(state: NonInviteClientState, response: SipResponse, nowMs: number): Step {
	if (response.status < 200) return move({ ...state, phase: 'proceeding' }, deliver(response))
	if (state.reliable) return move({ ...state, phase: 'terminated', ...NO_TIMERS }, deliver(response), TERMINATED)
	return move({ ...state, phase: 'completed', ...run({ K: nowMs + state.timers.t4 }) }, deliver(response))
}

function completed(state: NonInviteClientState, input: TransactionInput, nowMs: number): Step {
	if (input.type !== 'due' || firing(state, nowMs) !== 'K') return stay(state)
	return move({ ...state, phase: 'terminated', ...NO_TIMERS }, TERMINATED)
}

function terminate(state: NonInviteClientState, cause: 'timeout' | 'transport'): Step {
	return move({ ...state, phase: 'terminated', ...NO_TIMERS }, failed(cause), TERMINATED)
}
