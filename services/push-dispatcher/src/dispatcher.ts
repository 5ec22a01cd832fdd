import type { PushJob } from '@vigil/contracts'
import type { CallEvent, CallId, PushAppId, TenantId, WakeResult } from '@vigil/domain'
import type { PushDispatcherConfig, PushDispatcherDeps } from './deps.ts'
import { DispatcherMetrics } from './dispatcher-metrics.ts'
import { EventJournal } from './event-journal.ts'
import { PushAppCache } from './push-app-cache.ts'
import { PushAppHealthNotes } from './push-app-health-notes.ts'
import { PushEvidence } from './push-evidence.ts'
import { pushOutcomeSignal } from './push-outcome-signal.ts'
import { TokenNotes } from './token-notes.ts'
import { WakeRun } from './wake-run.ts'

/** Jobs remembered after they ended, since the queue may hand one over twice. */
const REMEMBERED = 10_000

/** A job from the queue waits this long for the record of its call. */
const RECORD_WITHIN_MS = 500

function keyOf({ intent, pushId, deviceId }: PushJob): string {
	return `${intent} ${pushId} ${deviceId}`
}

/** Takes jobs over and runs a wake for each; a slow provider keeps no other job waiting. */
export class Dispatcher {
	readonly #deps: PushDispatcherDeps
	readonly #config: PushDispatcherConfig
	readonly #apps: PushAppCache
	readonly #health: PushAppHealthNotes
	readonly #journal: EventJournal
	readonly #notes = new TokenNotes()
	readonly #metrics: DispatcherMetrics
	readonly #runs = new Map<string, WakeRun>()
	readonly #done = new Set<string>()
	/** Handlers that wait for room. */
	readonly #queued: (() => void)[] = []
	readonly #background = new Set<Promise<void>>()
	#whenIdle: (() => void) | undefined

	constructor(deps: PushDispatcherDeps, config: PushDispatcherConfig) {
		this.#deps = deps
		this.#config = config
		this.#health = new PushAppHealthNotes(deps.pushApps, deps.clock)
		this.#apps = new PushAppCache(deps.pushApps, deps.clock, deps.logger)
		this.#journal = new EventJournal(deps.calls, deps.clock, deps.logger)
		this.#metrics = new DispatcherMetrics(deps.metrics, {
			running: () => this.#runs.size,
			eventsDropped: () => this.#journal.dropped,
		})
	}

	/** Resolves when the job is taken over from the queue, which is at once while there is room. */
	async take(job: PushJob): Promise<void> {
		if (!this.#isKnown(job) && (await this.#wasSent(job))) return
		while (this.#runs.size >= this.#config.maxWakes) await new Promise<void>((resolve) => this.#queued.push(resolve))
		this.dispatch(job)
	}

	/** Runs the job now; one that runs or ran already is left alone. */
	dispatch(job: PushJob): void {
		if (this.#isKnown(job)) return
		const key = keyOf(job)
		if (job.intent === 'call-cancelled') this.#stopWaking(job.callId, job.deviceId)
		const run = new WakeRun(job, {
			deps: this.#deps,
			apps: this.#apps,
			evidence: new PushEvidence(this.#journal, job),
			notes: this.#notes,
			health: this.#health,
			metrics: this.#metrics,
			background: (work) => this.#inBackground(work),
			onFinished: (result) => this.#finished(key, job, result),
		})
		this.#runs.set(key, run)
		run.start()
	}

	/**
	 * The device came to the edge at that instant (epoch ms): what was to wake it until then need not any more. News may be
	 * late; of a wake that was asked for after it they say nothing, as the device may sleep again.
	 */
	attached(deviceId: string, atMs: number): void {
		for (const run of [...this.#runs.values()]) {
			if (run.job.deviceId === deviceId && run.job.enqueuedAtMs <= atMs) run.input({ type: 'awake' })
		}
	}

	/** Lets wakes go on for a while, ends what is left, and writes what is recorded. */
	async drain(): Promise<void> {
		const { clock } = this.#deps
		if (this.#runs.size > 0) {
			const { promise, resolve } = Promise.withResolvers<void>()
			const timer = clock.setTimer(this.#config.drainMs, resolve)
			this.#whenIdle = resolve
			await promise
			clock.clearTimer(timer)
		}
		for (const run of [...this.#runs.values()]) run.input({ type: 'abandon' })
		await Promise.all(this.#background)
		await this.#journal.flush()
	}

	/** Reads the push apps that there are into memory, behind the pushes' back. */
	fill(): void {
		const filled = this.#apps.fill().catch((error: unknown) => {
			this.#deps.logger.warn({ error: String(error) }, 'push apps are read when they are needed')
		})
		this.#inBackground(filled)
	}

	pushAppChanged(id: string): void {
		this.#apps.changed(id as PushAppId)
	}

	#isKnown(job: PushJob): boolean {
		const key = keyOf(job)
		return this.#runs.has(key) || this.#done.has(key)
	}

	/** Whether the record says that this very push was sent, by a process that did not live to say so to the queue. */
	async #wasSent(job: PushJob): Promise<boolean> {
		if (job.intent !== 'call') return false
		const { calls, clock, logger } = this.#deps
		const late = Promise.withResolvers<readonly CallEvent[]>()
		const timer = clock.setTimer(RECORD_WITHIN_MS, () => late.resolve([]))
		try {
			const events = await Promise.race([calls.timeline(job.tenantId as TenantId, job.callId as CallId), late.promise])
			return events.some(({ kind, detail }) => kind === 'push.sent' && detail?.pushId === job.pushId)
		} catch (error) {
			// Who does not know pushes: a phone that rings twice is better than one that does not.
			logger.info({ pushId: job.pushId, error: String(error) }, 'the record of a push was not read')
			return false
		} finally {
			clock.clearTimer(timer)
		}
	}

	/** The call is over: what still tries to wake the device for it would only disturb. */
	#stopWaking(callId: string, deviceId: string): void {
		for (const run of [...this.#runs.values()]) {
			const { job } = run
			if (job.intent === 'call' && job.callId === callId && job.deviceId === deviceId) run.input({ type: 'awake' })
		}
	}

	#finished(key: string, job: PushJob, result: WakeResult): void {
		this.#runs.delete(key)
		this.#remember(key)
		const signal = pushOutcomeSignal(job, result)
		if (signal) this.#publish(signal)
		this.#queued.shift()?.()
		if (this.#runs.size === 0) this.#whenIdle?.()
	}

	#remember(key: string): void {
		this.#done.add(key)
		const [oldest] = this.#done
		if (this.#done.size > REMEMBERED && oldest !== undefined) this.#done.delete(oldest)
	}

	#publish(signal: NonNullable<ReturnType<typeof pushOutcomeSignal>>): void {
		const { signals, logger } = this.#deps
		const published = signals
			.publish('push.outcome', signal)
			.catch((error: unknown) => logger.warn({ ...signal, error: String(error) }, 'push outcome not told'))
		this.#inBackground(published)
	}

	#inBackground(work: Promise<void>): void {
		const tracked = work.finally(() => this.#background.delete(tracked))
		this.#background.add(tracked)
	}
}
