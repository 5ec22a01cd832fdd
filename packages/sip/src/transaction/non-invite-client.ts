import type { SipRequest, SipResponse } from '../message/message.ts'
import {
	deliver,
	failed,
	move,
	startTimer,
	stay,
	stopTimer,
	TERMINATED,
	type TransactionInput,
	type TransactionMachine,
	type TransactionSettings,
	type TransactionStep,
	transmit,
} from './machine.ts'
import { transactionTimeout } from './timer-values.ts'

/** State of a non-INVITE client transaction. */
export interface NonInviteClientState extends TransactionSettings {
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
function start(request: SipRequest, settings: TransactionSettings): Step {
	const { timers, reliable } = settings
	const state: NonInviteClientState = { phase: 'trying', request, timers, reliable, intervalE: timers.t1 }
	const giveUp = startTimer('F', transactionTimeout(timers))
	if (reliable) return move(state, transmit(request), giveUp)
	return move(state, transmit(request), startTimer('E', timers.t1), giveUp)
}

function step(state: NonInviteClientState, input: TransactionInput): Step {
	switch (state.phase) {
		case 'trying':
		case 'proceeding':
			return waiting(state, input)
		case 'completed':
			return completed(state, input)
		case 'terminated':
			return stay(state)
	}
}

function waiting(state: NonInviteClientState, input: TransactionInput): Step {
	switch (input.type) {
		case 'receive':
			return input.message.kind === 'response' ? answered(state, input.message) : stay(state)
		case 'timer':
			if (input.timer === 'E') return repeat(state)
			return input.timer === 'F' ? terminate(state, 'timeout') : stay(state)
		case 'transport-error':
			return terminate(state, 'transport')
		case 'send':
			return stay(state)
	}
}

/** 17.1.2.2: while trying the interval doubles up to T2; once a provisional response came it is T2. */
function repeat(state: NonInviteClientState): Step {
	const { t2 } = state.timers
	const intervalE = state.phase === 'proceeding' ? t2 : Math.min(2 * state.intervalE, t2)
	return move({ ...state, intervalE }, transmit(state.request), startTimer('E', intervalE))
}

/** 17.1.2.2: a final response is delivered once; copies of it are absorbed until timer K (T4; zero when reliable). */
function answered(state: NonInviteClientState, response: SipResponse): Step {
	if (response.status < 200) return move({ ...state, phase: 'proceeding' }, deliver(response))
	const effects = [...stopWaiting(state), deliver(response)]
	if (state.reliable) return move({ ...state, phase: 'terminated' }, ...effects, TERMINATED)
	return move({ ...state, phase: 'completed' }, ...effects, startTimer('K', state.timers.t4))
}

function completed(state: NonInviteClientState, input: TransactionInput): Step {
	if (input.type !== 'timer' || input.timer !== 'K') return stay(state)
	return move({ ...state, phase: 'terminated' }, TERMINATED)
}

function terminate(state: NonInviteClientState, cause: 'timeout' | 'transport'): Step {
	return move({ ...state, phase: 'terminated' }, ...stopWaiting(state), failed(cause), TERMINATED)
}

function stopWaiting(state: NonInviteClientState) {
	return state.reliable ? [stopTimer('F')] : [stopTimer('E'), stopTimer('F')]
}
