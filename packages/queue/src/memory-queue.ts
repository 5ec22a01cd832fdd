import { type JobName, jobCatalog } from '@vigil/contracts'
import type { Clock } from '@vigil/runtime'
import { pauseAfter, type RunResult } from './job-run.ts'
import type { JobContext } from './queue-backend.ts'

interface StoredJob {
	readonly id: string
	/** As text, so that nobody shares objects and only what survives JSON arrives. */
	readonly data: string
	runs: number
}

export interface MemoryWorker {
	readonly concurrency: number
	run(data: unknown, context: JobContext): Promise<RunResult>
}

interface Attached {
	readonly worker: MemoryWorker
	readonly active: Set<Promise<void>>
}

/** The jobs of one name, held in this process. */
export class MemoryQueue {
	readonly #name: JobName
	readonly #clock: Clock
	readonly #waiting: StoredJob[] = []
	readonly #attached = new Set<Attached>()
	readonly #known = new Set<string>()
	readonly #finished: string[] = []
	#nextId = 1

	constructor(name: JobName, clock: Clock) {
		this.#name = name
		this.#clock = clock
	}

	add(data: unknown, id?: string, delayMs = 0): void {
		const job: StoredJob = { id: id ?? `#${this.#nextId++}`, data: JSON.stringify(data), runs: 0 }
		if (this.#known.has(job.id)) return
		this.#known.add(job.id)
		this.#queueAfter(job, delayMs)
	}

	/** Gives jobs to the worker until the returned function is called; that resolves when its runs have ended. */
	attach(worker: MemoryWorker): () => Promise<void> {
		const attached: Attached = { worker, active: new Set() }
		this.#attached.add(attached)
		this.#dispatchSoon()
		return async () => {
			this.#attached.delete(attached)
			await Promise.all(attached.active)
		}
	}

	#queueAfter(job: StoredJob, delayMs: number): void {
		if (delayMs > 0) {
			this.#clock.setTimer(delayMs, () => this.#queueAfter(job, 0))
			return
		}
		this.#waiting.push(job)
		this.#dispatchSoon()
	}

	#dispatchSoon(): void {
		queueMicrotask(() => this.#dispatch())
	}

	#dispatch(): void {
		for (let free = this.#leastBusy(); free && this.#waiting.length > 0; free = this.#leastBusy()) {
			const job = this.#waiting.shift()
			if (job) this.#start(job, free)
		}
	}

	#leastBusy(): Attached | undefined {
		const free = [...this.#attached].filter(({ worker, active }) => active.size < worker.concurrency)
		return free.sort((a, b) => a.active.size - b.active.size)[0]
	}

	#start(job: StoredJob, { worker, active }: Attached): void {
		const run = this.#run(job, worker).finally(() => {
			active.delete(run)
			this.#dispatchSoon()
		})
		active.add(run)
	}

	async #run(job: StoredJob, worker: MemoryWorker): Promise<void> {
		const attempt = ++job.runs
		const isLastAttempt = attempt >= jobCatalog[this.#name].attempts
		const result = await worker.run(JSON.parse(job.data), { jobId: job.id, attempt, isLastAttempt })
		if (result.kind === 'again') this.#queueAfter(job, pauseAfter(this.#name, attempt))
		else this.#finish(job)
	}

	#finish(job: StoredJob): void {
		this.#finished.push(job.id)
		if (this.#finished.length <= jobCatalog[this.#name].removeOnComplete.count) return
		const forgotten = this.#finished.shift()
		if (forgotten !== undefined) this.#known.delete(forgotten)
	}
}
