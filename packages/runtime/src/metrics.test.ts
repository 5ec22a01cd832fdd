import { describe, expect, it } from 'vitest'
import { createMetrics } from './metrics.ts'

describe('createMetrics', () => {
	it('exposes counters, gauges and histograms with the prefix', async () => {
		const metrics = createMetrics()
		const pushes = metrics.counter({ name: 'pushes_total', help: 'Pushes sent.', labels: ['outcome'] })
		pushes.add({ outcome: 'accepted' })
		pushes.add({ outcome: 'accepted' }, 2)
		metrics.gauge({ name: 'registrations', help: 'Held.', read: () => 42 })
		metrics.gauge({ name: 'flows', help: 'Open.' }).set(3)
		metrics.histogram({ name: 'wake_seconds', help: 'Wake.', buckets: [1, 5] }).observe(2)
		const { body, contentType } = await metrics.expose()
		expect(contentType).toContain('text/plain')
		expect(body).toContain('vigil_pushes_total{outcome="accepted"} 3')
		expect(body).toContain('vigil_registrations 42')
		expect(body).toContain('vigil_flows 3')
		expect(body).toContain('vigil_wake_seconds_bucket{le="5"} 1')
	})

	it('keeps registries apart and refuses a name twice in one', async () => {
		const metrics = createMetrics({ processMetrics: true })
		metrics.counter({ name: 'calls_total', help: 'Calls.' })
		createMetrics().counter({ name: 'calls_total', help: 'Calls.' })
		expect(() => metrics.counter({ name: 'calls_total', help: 'Calls.' })).toThrow()
		expect((await metrics.expose()).body).toContain('process_cpu_seconds_total')
	})

	it('reads a gauge with one value for each set of labels', async () => {
		const metrics = createMetrics()
		const read = () => [
			{ labels: { cause: 'timeout' }, value: 2 },
			{ labels: { cause: '403' }, value: 5 },
		]
		metrics.gauge({ name: 'failures', help: 'Failures', labels: ['cause'], read })
		const { body } = await metrics.expose()
		expect(body).toContain('vigil_failures{cause="timeout"} 2')
		expect(body).toContain('vigil_failures{cause="403"} 5')
	})
})
