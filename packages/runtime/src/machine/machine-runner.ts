import type { Clock, TimerHandle } from '../clock.ts'

/** Tells a machine that the instant of its `dueAtMs` has come. */
export interface Due {
	readonly type: 'due'
}

/** What every machine's state says: when it wants a `due` input, an instant of the process's clock; undefined for never. */
export interface Timed {
	readonly dueAtMs: number | undefined
}

/** What a machine is run by: its pure step function, and the world that its effects reach. */
export interface MachineDriver<State extends Timed, Input, Effect> {
	readonly clock: Pick<Clock, 'now' | 'setTimer' | 'clearTimer'>
	/** With `isAtomic`, an input whose effect throws counts as never given: see `MachineRunner.input`. */
	readonly isAtomic?: boolean
	step(state: State, input: Input | Due, nowMs: number): { readonly state: State; readonly effects: readonly Effect[] }
	/** Carries out one effect. `input` brought it about; undefined for the effects of the machine's start. */
	execute(effect: Effect, input: Input | Due | undefined): void
	/** The state has changed, and none of the effects is carried out yet. */
	moved?(state: State, input: Input | Due): void
	/** An input and all of its effects are done, and the next input has not begun. */
	settled?(): void
	/** An effect threw whose input nobody waits for: the machine's own timer, or one that came while another was worked on. */
	failed(error: unknown): void
}

interface Thrown {
	readonly error: unknown
}

const DUE: Due = { type: 'due' }
/** Timers of the platform hold 31 bits of milliseconds; a longer wait is armed again on the way. */
const LONGEST_DELAY_MS = 2 ** 31 - 1

/**
 * Runs one machine (`step(state, input, nowMs) -> { state, effects }`): carries its effects out in order, and keeps the one timer
 * that its `dueAtMs` asks for. An input that an effect causes waits until the effects of the step before are done, so steps never
 * nest, however deeply the world calls back.
 */
export class MachineRunner<State extends Timed, Input, Effect> {
	readonly #driver: MachineDriver<State, Input, Effect>
	#state: State
	#waiting: (Input | Due)[] | undefined
	#timer: TimerHandle | undefined
	#armedForMs: number | undefined
	#isBusy = false
	#isStopped = false

	/** Call `begin` next, where the machine's start has effects or asks for a timer. */
	constructor(driver: MachineDriver<State, Input, Effect>, state: State) {
		this.#driver = driver
		this.#state = state
	}

	get state(): State {
		return this.#state
	}

	/** Carries out the effects of the machine's start. Throws what an effect throws, as `input` does. */
	begin(effects: readonly Effect[]): void {
		this.#isBusy = true
		this.#finish(this.#executeAll(effects, undefined))
	}

	/**
	 * Gives the machine an input: now, or after the one that is worked on and those that wait already. After `stop` nothing happens.
	 *
	 * What an effect throws is thrown here once everything that waited is done; if this input waited itself, `failed` is told. The
	 * other effects of the step are carried out all the same; with `isAtomic` they are left out, and the state is what it was.
	 */
	input(input: Input): void {
		if (this.#isStopped) return
		if (this.#isBusy) {
			this.#waiting ??= []
			this.#waiting.push(input)
			return
		}
		this.#isBusy = true
		const before = this.#state
		const thrown = this.#take(input)
		if (thrown && this.#driver.isAtomic) this.#state = before
		this.#finish(thrown)
	}

	/** Runs `settled` now, or when the step under way is done: something else that it looks at has changed. */
	settle(): void {
		if (!this.#isBusy) this.#settled()
	}

	/** Ends it: no timer, and nothing of what waits or comes later is taken, nor the rest of the effects under way. */
	stop(): void {
		this.#isStopped = true
		this.#waiting = undefined
		this.#arm()
	}

	#take(input: Input | Due): Thrown | undefined {
		try {
			const { state, effects } = this.#driver.step(this.#state, input, this.#driver.clock.now())
			this.#state = state
			this.#driver.moved?.(state, input)
			return this.#executeAll(effects, input)
		} catch (error) {
			return { error }
		}
	}

	/** Returns what the first of those that threw has thrown. */
	#executeAll(effects: readonly Effect[], input: Input | Due | undefined): Thrown | undefined {
		let thrown: Thrown | undefined
		for (const effect of effects) {
			if (this.#isStopped) break
			try {
				this.#driver.execute(effect, input)
			} catch (error) {
				if (thrown) this.#driver.failed(error)
				else thrown = { error }
				if (this.#driver.isAtomic) break
			}
		}
		return thrown
	}

	/** Takes what has come meanwhile, then lets go. */
	#finish(thrown: Thrown | undefined): void {
		try {
			this.#settled()
			for (let next = this.#waiting?.shift(); next !== undefined; next = this.#waiting?.shift())
				this.#takeUnwatched(next)
		} finally {
			this.#isBusy = false
			this.#arm()
		}
		if (thrown) throw thrown.error
	}

	#takeUnwatched(input: Input | Due): void {
		const thrown = this.#take(input)
		if (thrown) this.#driver.failed(thrown.error)
		this.#settled()
	}

	#settled(): void {
		if (this.#isStopped || !this.#driver.settled) return
		try {
			this.#driver.settled()
		} catch (error) {
			this.#driver.failed(error)
		}
	}

	#arm(): void {
		const dueAtMs = this.#isStopped ? undefined : this.#state.dueAtMs
		if (dueAtMs === this.#armedForMs) return
		const { clock } = this.#driver
		if (this.#timer !== undefined) clock.clearTimer(this.#timer)
		this.#timer = undefined
		this.#armedForMs = dueAtMs
		if (dueAtMs === undefined) return
		const delayMs = Math.min(Math.max(0, dueAtMs - clock.now()), LONGEST_DELAY_MS)
		this.#timer = clock.setTimer(delayMs, () => this.#fire())
	}

	#fire(): void {
		const dueAtMs = this.#armedForMs
		this.#timer = undefined
		this.#armedForMs = undefined
		// Timers of the platform may fire a fraction of a millisecond early.
		if (dueAtMs === undefined || this.#driver.clock.now() < dueAtMs) {
			this.#arm()
			return
		}
		if (this.#isBusy) {
			this.#waiting ??= []
			this.#waiting.push(DUE)
			return
		}
		this.#isBusy = true
		const thrown = this.#take(DUE)
		if (thrown) this.#driver.failed(thrown.error)
		this.#finish(undefined)
	}
}
