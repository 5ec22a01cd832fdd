import type { SipMessage, SipResponse } from '../message/message.ts'
import { firstInstant, firstTimer, type RunningTimers } from '../running-timers.ts'
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

/** What every transaction keeps of its timers. Each state of the RFC has timers of its own: whoever enters one says all that run in it. */
export interface TransactionTimers {
	readonly running: RunningTimers<TimerName>
	/** When the first of them fires. */
	readonly dueAtMs: number | undefined
}

/** What happens to a transaction. `send` is the transaction user answering (server transactions only). */
export type TransactionInput =
	| { readonly type: 'receive'; readonly message: SipMessage }
	| { readonly type: 'send'; readonly message: SipResponse }
	/** A timer fires. */
	| { readonly type: 'due' }
	| { readonly type: 'transport-error' }

/** What a transaction wants done, in order. After `terminated` it is to be forgotten. */
export type TransactionEffect =
	| { readonly type: 'transmit'; readonly message: SipMessage }
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
		nowMs: number,
	): TransactionStep<State>
	step(state: State, input: TransactionInput, nowMs: number): TransactionStep<State>
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

/** Exactly these timers run from now on. */
export function run(running: RunningTimers<TimerName>): TransactionTimers {
	return { running, dueAtMs: firstInstant(running) }
}

export const NO_TIMERS: TransactionTimers = run({})

/** The timer that fires: the first that is over by now. Another one that is over too fires with the next `due`. */
export function firing({ running }: TransactionTimers, nowMs: number): TimerName | undefined {
	const first = firstTimer(running)
	return first !== undefined && (running[first] as number) <= nowMs ? first : undefined
}

export function failed(cause: 'timeout' | 'transport'): TransactionEffect {
	return { type: 'failed', cause }
}

export const TERMINATED: TransactionEffect = { type: 'terminated' }
