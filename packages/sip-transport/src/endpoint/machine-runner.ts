import type { Clock, TimerHandle } from '@vigil/runtime'
import type {
	SipMessage,
	TimerName,
	TransactionEffect,
	TransactionInput,
	TransactionMachine,
	TransactionStep,
} from '@vigil/sip'

/** What a transaction wants of the world around it, timers apart. */
export interface EffectHandlers {
	transmit(message: SipMessage): void
	deliver(message: SipMessage): void
	failed(cause: 'timeout' | 'transport'): void
	terminated(): void
	/** An effect that a timer brought about has thrown. */
	timerError(error: unknown): void
}

/** Carries out the effects of one transaction machine, in order, however deeply the transaction user calls back. */
export class MachineRunner<State> {
	readonly #step: TransactionMachine<State>['step']
	readonly #clock: Clock
	readonly #handlers: EffectHandlers
	readonly #timers = new Map<TimerName, TimerHandle>()
	readonly #waiting: TransactionInput[] = []
	#state: State
	#busy = false
	#stopped = false

	/** Call `run` with the effects of `start` next. */
	constructor(step: TransactionMachine<State>['step'], state: State, clock: Clock, handlers: EffectHandlers) {
		this.#step = step
		this.#state = state
		this.#clock = clock
		this.#handlers = handlers
	}

	/** Carries out the effects of the machine's start. */
	run(effects: readonly TransactionEffect[]): void {
		this.#carryOut(() => this.#execute(effects))
	}

	/** Gives the machine an input; after `stop` nothing happens. An effect's exception leaves the machine where it was. */
	input(input: TransactionInput): void {
		if (this.#stopped) return
		if (this.#busy) {
			this.#waiting.push(input)
			return
		}
		this.#carryOut(() => this.#take(input))
	}

	/** Forgets every timer; the transaction is over. */
	stop(): void {
		this.#stopped = true
		for (const timer of this.#timers.values()) this.#clock.clearTimer(timer)
		this.#timers.clear()
	}

	#carryOut(first: () => void): void {
		this.#busy = true
		try {
			first()
			for (let next = this.#waiting.shift(); next && !this.#stopped; next = this.#waiting.shift()) this.#take(next)
		} finally {
			this.#busy = false
		}
	}

	#take(input: TransactionInput): void {
		const before = this.#state
		const { state, effects }: TransactionStep<State> = this.#step(before, input, this.#clock.now())
		this.#state = state
		try {
			this.#execute(effects)
		} catch (error) {
			this.#state = before
			throw error
		}
	}

	#execute(effects: readonly TransactionEffect[]): void {
		for (const effect of effects) {
			if (this.#stopped) return
			this.#executeOne(effect)
		}
	}

	#executeOne(effect: TransactionEffect): void {
		switch (effect.type) {
			case 'transmit':
				this.#handlers.transmit(effect.message)
				break
			case 'deliver':
				this.#handlers.deliver(effect.message)
				break
			case 'startTimer':
				this.#startTimer(effect.timer, effect.delayMs)
				break
			case 'stopTimer':
				this.#stopTimer(effect.timer)
				break
			case 'failed':
				this.#handlers.failed(effect.cause)
				break
			case 'terminated':
				this.stop()
				this.#handlers.terminated()
				break
		}
	}

	#startTimer(timer: TimerName, delayMs: number): void {
		this.#stopTimer(timer)
		const handle = this.#clock.setTimer(delayMs, () => {
			this.#timers.delete(timer)
			try {
				this.input({ type: 'timer', timer })
			} catch (error) {
				this.#handlers.timerError(error)
			}
		})
		this.#timers.set(timer, handle)
	}

	#stopTimer(timer: TimerName): void {
		const handle = this.#timers.get(timer)
		if (!handle) return
		this.#clock.clearTimer(handle)
		this.#timers.delete(timer)
	}
}
