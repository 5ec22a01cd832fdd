import { parseCSeq } from '../message/cseq.ts'
import type { SipRequest, SipResponse } from '../message/message.ts'
import { firstInstant } from '../running-timers.ts'
import type { BridgeEffect, BridgeState, BridgeStep, Exchange, Leg, LegState } from './types.ts'

/** One step under way: the state is replaced piece by piece, never changed in place; the effects add up. */
export interface Turn {
	state: BridgeState
	readonly effects: BridgeEffect[]
	readonly nowMs: number
}

/** What the turn has come to. */
export function stepOf({ state, effects }: Turn): BridgeStep {
	const dueAtMs = firstInstant(state.runningTimers)
	return { state: dueAtMs === state.dueAtMs ? state : { ...state, dueAtMs }, effects }
}

export function otherLeg(leg: Leg): Leg {
	return leg === 'caller' ? 'callee' : 'caller'
}

export function updateLeg(turn: Turn, leg: Leg, change: Partial<LegState>): void {
	const { legs } = turn.state
	turn.state = { ...turn.state, legs: { ...legs, [leg]: { ...legs[leg], ...change } } }
}

export function putExchange(turn: Turn, exchange: Exchange): void {
	turn.state = { ...turn.state, exchanges: { ...turn.state.exchanges, [exchange.id]: exchange } }
}

export function dropExchange(turn: Turn, id: string): void {
	const { [id]: _dropped, ...exchanges } = turn.state.exchanges
	turn.state = { ...turn.state, exchanges }
}

export function allExchanges(turn: Turn): Exchange[] {
	return Object.values(turn.state.exchanges)
}

/** The INVITE that began the call; gone once its callee leg was refused. */
export function initialExchange(turn: Turn): Exchange | undefined {
	return allExchanges(turn).find(({ purpose }) => purpose === 'initial')
}

/** Sends a request to a leg in a client transaction of its own, and keeps account of it. */
export function sendExchange(turn: Turn, exchange: Pick<Exchange, 'purpose' | 'to' | 'sent' | 'origin'>): Exchange {
	const sentCount = turn.state.sentCount + 1
	const full: Exchange = {
		...exchange,
		id: `b${sentCount}`,
		phase: 'pending',
		cancelled: false,
		attempts: 0,
		response: undefined,
		acceptedTag: undefined,
		ack: undefined,
		intervalMs: 0,
	}
	turn.state = { ...turn.state, sentCount }
	putExchange(turn, full)
	turn.effects.push({ type: 'send-request', leg: full.to, transactionId: full.id, request: full.sent })
	return full
}

export function respond(turn: Turn, leg: Leg, transactionId: string, response: SipResponse): void {
	turn.effects.push({ type: 'respond', leg, transactionId, response })
}

export function startTimer(turn: Turn, name: string, delayMs: number): void {
	const { runningTimers } = turn.state
	turn.state = { ...turn.state, runningTimers: { ...runningTimers, [name]: turn.nowMs + delayMs } }
}

export function stopTimer(turn: Turn, name: string): void {
	const { [name]: stopped, ...runningTimers } = turn.state.runningTimers
	if (stopped !== undefined) turn.state = { ...turn.state, runningTimers }
}

export function cseqNumber(request: SipRequest): number {
	return parseCSeq(request.headers.get('CSeq') ?? '')?.number ?? 0
}
