import type { PushJob } from '@vigil/contracts'
import type { PushBudgetScope, PushOutcome, WakeResult } from '@vigil/domain'
import type { Metrics } from '@vigil/runtime'

/** Seconds; the push to a ringing phone is a matter of milliseconds. */
const BUCKETS = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2, 5]

export interface MetricSources {
	running(): number
	eventsDropped(): number
}

/** What Prometheus is told about pushes. */
export class DispatcherMetrics {
	readonly #requests
	readonly #results
	readonly #unsent
	readonly #queueTime
	readonly #requestTime

	constructor(metrics: Metrics, sources: MetricSources) {
		this.#requests = metrics.counter({
			name: 'push_requests_total',
			help: 'Requests to push providers by outcome.',
			labels: ['provider', 'intent', 'outcome'],
		})
		this.#results = metrics.counter({
			name: 'push_wakes_total',
			help: 'Finished push jobs by result.',
			labels: ['intent', 'result'],
		})
		this.#unsent = metrics.counter({
			name: 'push_unsent_total',
			help: 'Pushes for calls that were not sent: `shared` with the push for another call, or beyond the budget of device, tenant or process.',
			labels: ['because'],
		})
		this.#queueTime = metrics.histogram({
			name: 'push_queue_seconds',
			help: 'From the job made to its first request on the way.',
			buckets: BUCKETS,
		})
		this.#requestTime = metrics.histogram({
			name: 'push_request_seconds',
			help: "From the request to the provider's answer.",
			labels: ['provider'],
			buckets: BUCKETS,
		})
		metrics.gauge({ name: 'push_wakes_running', help: 'Push jobs in progress.', read: sources.running })
		metrics.gauge({
			name: 'push_events_dropped',
			help: 'Call events about pushes that could not be written.',
			read: sources.eventsDropped,
		})
	}

	sent(job: PushJob, attempt: number, atMs: number): void {
		if (attempt === 1) this.#queueTime.observe(Math.max(0, atMs - job.enqueuedAtMs) / 1000)
	}

	answered(job: PushJob, provider: string, outcome: PushOutcome, tookMs: number): void {
		this.#requests.add({ provider, intent: job.intent, outcome: outcome.kind })
		this.#requestTime.observe(tookMs / 1000, { provider })
	}

	/** The push for another call serves this one. */
	shared(): void {
		this.#unsent.add({ because: 'shared' })
	}

	overBudget(scope: PushBudgetScope): void {
		this.#unsent.add({ because: scope })
	}

	finished(job: PushJob, result: WakeResult): void {
		this.#results.add({ intent: job.intent, result: result.kind })
	}
}
