import type { Metrics } from '@vigil/runtime'
import type { EdgeCounters } from './counters.ts'
import type { SipEdge } from './running-edge.ts'

const HELP: Readonly<Record<keyof EdgeCounters, string>> = {
	registersAccepted: 'REGISTERs answered by 200 at the edge since start',
	registersChallenged: 'REGISTERs answered by 401 at the edge since start',
	passwordsWrong: 'Wrong passwords at the edge since start',
	registersRefused: 'REGISTERs refused at the edge since start for another reason than the password',
	attached: 'Times that a device attached or changed its flow or contact since start',
	detached: 'Times that a device was detached since start',
	forwardedToDevice: 'Requests of workers for devices since start',
	forwardedToWorker: 'Requests of devices for workers since start',
	refusedFromDevice: 'Requests of devices that were refused since start, REGISTER apart',
	refusedFromWorker: 'Requests from the internal side that were refused since start',
	flowFailed: 'Requests for a device that had no flow since start',
	resumed: 'Requests that followed their device to another flow since start',
	leasesRenewed: 'Foreground leases of attached devices that were prolonged since start',
	storeFailures: 'Failed writes of bindings and liveness since start',
	signalFailures: 'Signals that could not be sent since start',
}

type TransportNumber = 'openFlows' | 'malformed' | 'rateLimited' | 'connectionsRefused'

const TRANSPORT_HELP: Readonly<Record<TransportNumber, string>> = {
	openFlows: 'Connections of devices that are open now',
	malformed: 'Messages from the public side since start that could not be read',
	rateLimited: 'Messages dropped since start because their source sent too many',
	connectionsRefused: 'Connections refused since start because there were too many',
}

/** Shows the edge's numbers to Prometheus. */
export function addEdgeMetrics(metrics: Metrics, edge: SipEdge): void {
	metrics.gauge({
		name: 'edge_attached_devices',
		help: 'Devices attached at the edge now',
		read: () => edge.attachedDevices,
	})
	for (const [counter, help] of Object.entries(HELP)) {
		metrics.gauge({ name: metricName(counter), help, read: () => edge.counters[counter as keyof EdgeCounters] })
	}
	for (const [counter, help] of Object.entries(TRANSPORT_HELP)) {
		const read = () => sum(edge, counter as TransportNumber)
		metrics.gauge({ name: metricName(counter), help, read })
	}
}

function metricName(counter: string): string {
	return `edge_${counter.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)}`
}

function sum({ transportCounters }: SipEdge, counter: TransportNumber): number {
	return Object.values(transportCounters).reduce((total, counters) => total + counters[counter], 0)
}
