import type { SipRequest, SipResponse } from '../message/message.ts'
import { ackForRejection } from './ack.ts'
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
import { responseAbsorption, transactionTimeout } from './timer-values.ts'

/** State of an INVITE client transaction. */
export interface InviteClientState extends TransactionSettings, TransactionTimers {
	readonly phase: 'calling' | 'proceeding' | 'completed' | 'accepted' | 'terminated'
	readonly request: SipRequest
	/** What timer A was last set to, milliseconds. */
	readonly intervalA: number
	/** The ACK for the final response other than 2xx, kept to repeat it. */
	readonly ack: SipRequest | undefined
}

type Step = TransactionStep<InviteClientState>

/**
 * The INVITE client transaction (RFC 3261 17.1.1, RFC 6026 7.2).
 *
 *     calling --1xx--> proceeding --300-699, ACK sent--> completed --D--> terminated
 *        |\--2xx----------\--2xx--> accepted --M--> terminated
 *        \--B: timeout--> terminated
 *
 * A 2xx may be delivered several times: each needs its ACK, which is the transaction user's (13.2.2.4). Any other final
 * response is delivered once, and acknowledged here.
 */
export const inviteClient: TransactionMachine<InviteClientState> = { start, step }

/** 17.1.1.2: send at once; repeat by timer A on unreliable transports only; give up after timer B. */
function start(request: SipRequest, settings: TransactionSettings, nowMs: number): Step {
	const { timers, reliable } = settings
	const giveUp = { B: nowMs + transactionTimeout(timers) }
	const calling = run(reliable ? giveUp : { A: nowMs + timers.t1, ...giveUp })
	const fixed = { request, timers, reliable }
	return move({ phase: 'calling', ...fixed, ...calling, intervalA: timers.t1, ack: undefined }, transmit(request))
}

function step(state: InviteClientState, input: TransactionInput, nowMs: number): Step {
	switch (state.phase) {
		case 'calling':
			return calling(state, input, nowMs)
		case 'proceeding':
			return proceeding(state, input, nowMs)
		case 'completed':
			return completed(state, input, nowMs)
		case 'accepted':
			return accepted(state, input, nowMs)
		case 'terminated':
			return stay(state)
	}
}

function calling(state: InviteClientState, input: TransactionInput, nowMs: number): Step {
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

/** 17.1.1.2: still calling when B fires, so no response came at all. */
function fire(state: InviteClientState, nowMs: number): Step {
	const timer = firing(state, nowMs)
	if (timer === 'A') return repeat(state, nowMs)
	return timer === 'B' ? terminate(state, 'timeout') : stay(state)
}

/** 17.1.1.2: each time timer A fires the request is sent again and the interval doubles, without a ceiling. */
function repeat(state: InviteClientState, nowMs: number): Step {
	const intervalA = state.intervalA * 2
	const calling = run({ ...state.running, A: nowMs + intervalA })
	return move({ ...state, ...calling, intervalA }, transmit(state.request))
}

/** 17.1.1.2: a provisional response ends the repetitions; from here on only the transaction user gives up. */
function proceeding(state: InviteClientState, input: TransactionInput, nowMs: number): Step {
	if (input.type === 'receive') {
		return input.message.kind === 'response' ? onResponse(state, input.message, nowMs) : stay(state)
	}
	// Nothing is sent in this state (17.1.4 speaks of sending), so this is a driver that lost the flow for the response.
	return input.type === 'transport-error' ? terminate(state, 'transport') : stay(state)
}

function onResponse(state: InviteClientState, response: SipResponse, nowMs: number): Step {
	if (response.status < 200) return move({ ...state, phase: 'proceeding', ...NO_TIMERS }, deliver(response))
	if (response.status < 300) {
		// RFC 6026 8.4: wait for copies and for 2xx of other branches until timer M, and deliver every one.
		const waiting = run({ M: nowMs + transactionTimeout(state.timers) })
		return move({ ...state, phase: 'accepted', ...waiting }, deliver(response))
	}
	return rejected(state, response, nowMs)
}

/** 17.1.1.2: acknowledge a final response from 300 to 699, then absorb copies of it until timer D (zero when reliable). */
function rejected(state: InviteClientState, response: SipResponse, nowMs: number): Step {
	const ack = ackForRejection(state.request, response)
	const effects = [transmit(ack), deliver(response)]
	if (state.reliable) return move({ ...state, phase: 'terminated', ...NO_TIMERS, ack }, ...effects, TERMINATED)
	const absorbing = run({ D: nowMs + responseAbsorption(state.timers) })
	return move({ ...state, phase: 'completed', ...absorbing, ack }, ...effects)
}

/** 17.1.1.2: a copy of the final response means that the ACK was lost: send it again, tell nobody. */
function completed(state: InviteClientState, input: TransactionInput, nowMs: number): Step {
	switch (input.type) {
		case 'receive': {
			const final = input.message.kind === 'response' && input.message.status >= 300
			return final && state.ack ? move(state, transmit(state.ack)) : stay(state)
		}
		case 'due':
			return firing(state, nowMs) === 'D' ? terminate(state) : stay(state)
		case 'transport-error':
			// 17.1.4 would tell the transaction user too; it has its final response and could do nothing.
			return terminate(state)
		case 'send':
			return stay(state)
	}
}

/** RFC 6026 7.2: only 2xx are of interest here, and an error of the transport is none of ours. */
function accepted(state: InviteClientState, input: TransactionInput, nowMs: number): Step {
	if (input.type === 'receive') {
		const { message } = input
		const success = message.kind === 'response' && message.status >= 200 && message.status < 300
		return success ? move(state, deliver(message)) : stay(state)
	}
	return input.type === 'due' && firing(state, nowMs) === 'M' ? terminate(state) : stay(state)
}

function terminate(state: InviteClientState, cause?: 'timeout' | 'transport'): Step {
	const report = cause ? [failed(cause)] : []
	return move({ ...state, phase: 'terminated', ...NO_TIMERS }, ...report, TERMINATED)
}
