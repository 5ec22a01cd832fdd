import type { Egress, Metrics } from '@vigil/runtime'

/** What Prometheus reads of the egress policy: somebody who looks around inside shows here. */
export function addEgressMetrics(metrics: Metrics, egress: Egress): void {
	metrics.gauge({
		name: 'egress_refused',
		help: 'Addresses that others named and that were not connected to, by who named them and why',
		labels: ['named_by', 'reason'],
		read: () =>
			egress.refusals().map(({ namedBy, reason, count }) => ({ labels: { named_by: namedBy, reason }, value: count })),
	})
}
