import type { Clock } from '../clock.ts'
import type { Logger } from '../logger.ts'

/** One part of a process: what brings it up, and what lets it finish its work. */
export interface LifecycleStep {
	readonly name: string
	/** What takes long heeds the signal: it is raised when the process is to stop before this part has started. */
	start?(stopping: AbortSignal): void | Promise<void>
	stop?(): void | Promise<void>
	/** How long `stop` may take before the next part is stopped all the same; 10 s unless said. */
	readonly stopDeadlineMs?: number
}

export interface StopReport {
	/** Parts that overran their deadline. */
	readonly late: readonly string[]
	/** Parts whose `stop` failed. */
	readonly failed: readonly string[]
}

/** `start` was overtaken by `stop`: nothing is wrong, but nothing runs. */
export class StoppedWhileStarting extends Error {
	constructor() {
		super('stopped before everything had started')
		this.name = 'StoppedWhileStarting'
	}
}

const STOP_DEADLINE_MS = 10_000

/** Starts the parts of a process in order and drains them in reverse. */
export class Lifecycle {
	readonly #clock: Clock
	readonly #logger: Logger
	readonly #steps: LifecycleStep[] = []
	readonly #started: LifecycleStep[] = []
	readonly #halt = new AbortController()
	#starting: Promise<void> | undefined
	#stopping: Promise<StopReport> | undefined

	constructor({ clock, logger }: { readonly clock: Clock; readonly logger: Logger }) {
		this.#clock = clock
		this.#logger = logger
	}

	/** Appends a part; it starts after those before it and stops before them. */
	add(step: LifecycleStep): this {
		this.#steps.push(step)
		return this
	}

	/**
	 * Starts every part, each after the one before. When one fails, those that run are stopped and the error is thrown.
	 *
	 * @throws {StoppedWhileStarting} when `stop` was called meanwhile.
	 */
	async start(): Promise<void> {
		this.#starting ??= this.#startSteps()
		try {
			await this.#starting
		} catch (error) {
			await this.stop()
			throw error
		}
	}

	/** Stops what was started, last first, each within its deadline. Calling it again waits for the same stop. Never throws. */
	stop(): Promise<StopReport> {
		if (this.#stopping === undefined) {
			this.#stopping = this.#stopSteps()
			this.#halt.abort(new StoppedWhileStarting())
		}
		return this.#stopping
	}

	async #startSteps(): Promise<void> {
		for (const step of this.#steps) {
			if (this.#stopping !== undefined) throw new StoppedWhileStarting()
			this.#logger.debug({ step: step.name }, 'starting')
			await step.start?.(this.#halt.signal)
			this.#started.push(step)
		}
		if (this.#stopping !== undefined) throw new StoppedWhileStarting()
	}

	async #stopSteps(): Promise<StopReport> {
		const late: string[] = []
		const failed: string[] = []
		if ((await this.#startEnded()) === 'late') late.push('start')
		for (let step = this.#started.pop(); step !== undefined; step = this.#started.pop()) {
			const outcome = await this.#stopOne(step)
			if (outcome === 'late') late.push(step.name)
			if (outcome === 'failed') failed.push(step.name)
		}
		return { late, failed }
	}

	/** The part that is starting just now finishes, or heeds the signal: half a start cannot be stopped. */
	#startEnded(): Promise<'done' | 'late'> {
		const ended = (this.#starting ?? Promise.resolve()).then(
			() => 'done' as const,
			() => 'done' as const,
		)
		return this.#within(STOP_DEADLINE_MS, ended)
	}

	async #stopOne(step: LifecycleStep): Promise<'done' | 'late' | 'failed'> {
		const deadlineMs = step.stopDeadlineMs ?? STOP_DEADLINE_MS
		const outcome = await this.#within(deadlineMs, this.#attemptStop(step))
		if (outcome === 'late') this.#logger.warn({ step: step.name, deadlineMs }, 'did not stop in time')
		return outcome
	}

	async #within<Outcome>(deadlineMs: number, work: Promise<Outcome>): Promise<Outcome | 'late'> {
		const { promise: late, resolve } = Promise.withResolvers<'late'>()
		const timer = this.#clock.setTimer(deadlineMs, () => resolve('late'))
		const outcome = await Promise.race([work, late])
		this.#clock.clearTimer(timer)
		return outcome
	}

	async #attemptStop(step: LifecycleStep): Promise<'done' | 'failed'> {
		try {
			await step.stop?.()
			return 'done'
		} catch (error) {
			this.#logger.error({ step: step.name, err: error }, 'failed to stop')
			return 'failed'
		}
	}
}
