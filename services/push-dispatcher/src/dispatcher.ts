import type { PushJob } from '@vigil/contracts'
import {
	type AccountId,
	BoundedSet,
	type CallEvent,
	type CallId,
	type DeviceId,
	type PushAppId,
	PushBudget,
	type TenantId,
	type WakeResult,
} from '@vigil/domain'
import type { PushDispatcherConfig, PushDispatcherDeps } from './deps.ts'
import { DispatcherMetrics } from './dispatcher-metrics.ts'
import { EventJournal } from './event-journal.ts'
import { PushAppCache } from './push-app-cache.ts'
import { PushAppHealthNotes } from './push-app-health-notes.ts'
import { PushEvidence } from './push-evidence.ts'
import { pushOutcomeSignal } from './push-outcome-signal.ts'
import { type CallPush, SharedWakes } from './shared-wakes.ts'
import { TokenNotes } from './token-notes.ts'
import { WakeDriver } from './wake-driver.ts'

/** Jobs remembered after they ended, since the queue may hand one over twice. */
const REMEMBERED = 10_000

/** A job from the queue waits this long for the record of its call. */
const RECORD_WITHIN_MS = 500

function keyOf({ intent, pushId, deviceId }: PushJob): string {
	return `${intent} ${pushId} ${deviceId}`
}

function idsOf({ tenantId, accountId, deviceId }: CallPush): [TenantId, AccountId, DeviceId] {
	return [tenantId as TenantId, accountId as AccountId, deviceId as DeviceId]
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
	readonly #shared = new SharedWakes()
	readonly #budget: PushBudget
	readonly #drivers = new Map<string, WakeDriver>()
	readonly #done = new BoundedSet<string>(REMEMBERED)
	/** Handlers that wait for room. */
	readonly #queued: (() => void)[] = []
	readonly #background = new Set<Promise<void>>()
	#whenIdle: (() => void) | undefined

	constructor(deps: PushDispatcherDeps, config: PushDispatcherConfig) {
		this.#deps = deps
		this.#config = config
		this.#budget = new PushBudget(config.rates)
		this.#health = new PushAppHealthNotes(deps.pushApps, deps.clock)
		this.#apps = new PushAppCache(deps.pushApps, deps.clock, deps.logger)
		this.#journal = new EventJournal(deps.calls, deps.clock, deps.logger)
		this.#metrics = new DispatcherMetrics(deps.metrics, {
			running: () => this.#drivers.size,
			eventsDropped: () => this.#journal.dropped,
		})
	}

	/** Resolves when the job is taken over from the queue, which is at once while there is room. */
	async take(job: PushJob): Promise<void> {
		if (!this.#isKnown(job) && (await this.#wasSent(job))) return
		while (this.#drivers.size >= this.#config.maxWakes) await new Promise<void>((resolve) => this.#queued.push(resolve))
		this.dispatch(job)
	}

	/** Runs the job now; one that runs or ran already is left alone. */
	dispatch(job: PushJob): void {
		if (this.#isKnown(job)) return
		const key = keyOf(job)
		if (job.intent === 'call-cancelled') this.#stopWaking(job.callId, job.deviceId)
		if (job.intent !== 'call') this.#start(key, job)
		else if (!this.#isServed(job)) this.#lead(key, job)
		else this.#done.add(key)
	}

	/** Whether another push wakes the device for the call too, or a budget allows none. */
	#isServed(push: CallPush): boolean {
		const { clock, pushLimits } = this.#deps
		const nowMs = clock.now()
		const [tenantId, accountId, deviceId] = idsOf(push)
		const limits = pushLimits?.(accountId)
		const by = this.#budget.isCrowded(deviceId, nowMs) ? this.#shared.serving(push) : undefined
		const scope = by ? undefined : this.#budget.take({ tenantId, accountId, deviceId, limits }, nowMs)
		const evidence = new PushEvidence(this.#journal, push)
		if (by) {
			this.#shared.serve(push)
			this.#metrics.shared()
			evidence.shared(by, clock.wall())
			return true
		}
		if (scope === undefined) return false
		this.#metrics.overBudget(scope)
		evidence.overBudget(scope, clock.wall())
		const signal = pushOutcomeSignal(push, { kind: 'refused', attempts: 0 })
		if (signal) this.#publish(signal)
		return true
	}

	#lead(key: string, push: CallPush, served: readonly CallPush[] = []): void {
		this.#shared.lead(push, served)
		this.#start(key, push)
	}

	/** The first of them gets a push, which serves the others. Budgets have counted the one that it takes the place of. */
	#leadAnother(pushes: readonly CallPush[]): void {
		const wall = this.#deps.clock.wall()
		const [next, ...served] = pushes.filter(({ deadlineMs }) => deadlineMs > wall)
		if (next) this.#lead(keyOf(next), next, served)
	}

	#start(key: string, job: PushJob): void {
		const driver = new WakeDriver(job, {
			deps: this.#deps,
			apps: this.#apps,
			evidence: new PushEvidence(this.#journal, job),
			notes: this.#notes,
			health: this.#health,
			metrics: this.#metrics,
			background: (work) => this.#inBackground(work),
			onFinished: (result) => this.#finished(key, job, result),
		})
		this.#drivers.set(key, driver)
		driver.start()
	}

	/**
	 * The device came to the edge at that instant (epoch ms): what was to wake it until then need not any more. News may be
	 * late; of a wake that was asked for after it they say nothing, as the device may sleep again.
	 */
	attached(deviceId: string, atMs: number): void {
		this.#shared.attached(deviceId, atMs)
		for (const driver of [...this.#drivers.values()]) {
			if (driver.job.deviceId === deviceId && driver.job.enqueuedAtMs <= atMs) driver.input({ type: 'awake' })
		}
	}

	/** The device has left the edge: a push from before does not wake it again. */
	detached(deviceId: string): void {
		this.#leadAnother(this.#shared.detached(deviceId))
	}

	/** Lets wakes go on for a while, ends what is left, and writes what is recorded. */
	async drain(): Promise<void> {
		const { clock } = this.#deps
		if (this.#drivers.size > 0) {
			const { promise, resolve } = Promise.withResolvers<void>()
			const timer = clock.setTimer(this.#config.drainMs, resolve)
			this.#whenIdle = resolve
			await promise
			clock.clearTimer(timer)
		}
		for (const driver of [...this.#drivers.values()]) driver.input({ type: 'abandon' })
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
		return this.#drivers.has(key) || this.#done.has(key)
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
		this.#leadAnother(this.#shared.cancelled(callId, deviceId))
		for (const driver of [...this.#drivers.values()]) {
			const { job } = driver
			if (job.intent === 'call' && job.callId === callId && job.deviceId === deviceId) driver.input({ type: 'awake' })
		}
	}

	#finished(key: string, job: PushJob, result: WakeResult): void {
		this.#drivers.delete(key)
		this.#done.add(key)
		if (job.intent === 'call') this.#leadAnother(this.#shared.ended(job, result))
		const signal = pushOutcomeSignal(job, result)
		if (signal) this.#publish(signal)
		this.#queued.shift()?.()
		if (this.#drivers.size === 0) this.#whenIdle?.()
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
