import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'

export type Labels = Readonly<Record<string, string | number>>

export interface CounterMetric {
	/** Adds one, or `amount`. */
	add(labels?: Labels, amount?: number): void
}

export interface GaugeMetric {
	set(value: number, labels?: Labels): void
}

interface LabelledValue {
	readonly labels: Labels
	readonly value: number
}

export interface HistogramMetric {
	observe(value: number, labels?: Labels): void
}

interface MetricDefinition {
	/** Without the product's prefix; with the unit at the end, as in `push_duration_seconds`. */
	readonly name: string
	readonly help: string
	readonly labels?: readonly string[]
}

/** The counters and gauges of a process, read by Prometheus. A name is defined once; a second definition throws. */
export interface Metrics {
	counter(definition: MetricDefinition): CounterMetric
	/** `read` is asked at each scrape, for one value or one for each set of labels; without it the value is set by hand. */
	gauge(definition: MetricDefinition & { readonly read?: () => number | readonly LabelledValue[] }): GaugeMetric
	histogram(definition: MetricDefinition & { readonly buckets: readonly number[] }): HistogramMetric
	/** All of them in the text format of Prometheus. */
	expose(): Promise<{ readonly contentType: string; readonly body: string }>
}

const PREFIX = 'vigil_'

/** `processMetrics` adds those of the runtime itself: CPU, memory, event loop lag, garbage collection. */
export function createMetrics(options: { readonly processMetrics?: boolean } = {}): Metrics {
	const registry = new Registry()
	if (options.processMetrics === true) collectDefaultMetrics({ register: registry })
	const base = ({ name, help, labels }: MetricDefinition) => ({
		name: PREFIX + name,
		help,
		labelNames: [...(labels ?? [])],
		registers: [registry],
	})
	return {
		counter(definition) {
			const counter = new Counter(base(definition))
			return { add: (labels = {}, amount = 1) => counter.inc(labels, amount) }
		},
		gauge({ read, ...definition }) {
			const gauge = new Gauge({
				...base(definition),
				...(read === undefined
					? {}
					: {
							collect() {
								const now = read()
								if (typeof now === 'number') gauge.set(now)
								else for (const { labels, value } of now) gauge.set(labels, value)
							},
						}),
			})
			return { set: (value, labels = {}) => gauge.set(labels, value) }
		},
		histogram({ buckets, ...definition }) {
			const histogram = new Histogram({ ...base(definition), buckets: [...buckets] })
			return { observe: (value, labels = {}) => histogram.observe(labels, value) }
		},
		expose: async () => ({ contentType: registry.contentType, body: await registry.metrics() }),
	}
}
