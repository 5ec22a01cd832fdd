import type { SipMessage, SipResponse } from '../message/message.ts'
import type { Step } from '../step.ts'
import type { TimerValues } from './timer-values.ts'

/** The timers of RFC 3261 table 4, with L and M of RFC 6026. C belongs to proxies and is not here. */
export type TimerName = 'A' | 'B' | 'D' | 'E' | 'F' | 'G' | 'H' | 'I' | 'J' | 'K' | 'L' | 'M'

/** What is fixed when a transaction starts. */
export interface TransactionSettings {
	readonly timers: TimerValues
	/** True over TCP, TLS, WS and WSS: nothing is ever repeated, and nothing repeated is waited for. */
	readonly reliable: boolean
}

/** What happens to a transaction. `send` is the transaction user answering (server transactions only). */
export type TransactionInput =
	| { readonly type: 'receive'; readonly message: SipMessage }
	| { readonly type: 'send'; readonly message: SipResponse }
	| { readonly type: 'timer'; readonly timer: TimerName }
	| { readonly type: 'transport-error' }

/** What a transaction wants done, in order. After `terminated` it is to be forgotten, its timers with it. */
export type TransactionEffect =
	| { readonly type: 'transmit'; readonly message: SipMessage }
	| { readonly type: 'startTimer'; readonly timer: TimerName; readonly delayMs: number }
	| { readonly type: 'stopTimer'; readonly timer: TimerName }
	/** Hand a message to the transaction user. */
	| { readonly type: 'deliver'; readonly message: SipMessage }
	| { readonly type: 'failed'; readonly cause: 'timeout' | 'transport' }
	| { readonly type: 'terminated' }

export type TransactionStep<State> = Step<State, TransactionEffect>

/** One of the four machines of RFC 3261 17: pure functions over plain state. An input that a state does not know changes nothing. */
export interface TransactionMachine<State, Settings extends TransactionSettings = TransactionSettings> {
	start(
		message: State extends { readonly request: infer Request } ? Request : never,
		settings: Settings,
	): TransactionStep<State>
	/** `now` is part of every machine's signature; these four need timers only. */
	step(state: State, input: TransactionInput, now: number): TransactionStep<State>
}

const NOTHING: readonly TransactionEffect[] = []

/** No change, no effects. */
export function stay<State>(state: State): TransactionStep<State> {
	return { state, effects: NOTHING }
}

/** The same or a changed state with effects. */
export function move<State>(state: State, ...effects: TransactionEffect[]): TransactionStep<State> {
	return { state, effects }
}

export function transmit(message: SipMessage): TransactionEffect {
	return { type: 'transmit', message }
}

export function deliver(message: SipMessage): TransactionEffect {
	return { type: 'deliver', message }
}

export function startTimer(timer: TimerName, delayMs: number): TransactionEffect {
	return { type: 'startTimer', timer, delayMs }
}

export function stopTimer(timer: TimerName): TransactionEffect {
	return { type: 'stopTimer', timer }
}

export function failed(cause: 'timeout' | 'transport'): TransactionEffect {
	return { type: 'failed', cause }
}

export const TERMINATED: TransactionEffect = { type: 'terminated' }
