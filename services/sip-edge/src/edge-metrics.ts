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
	rateLimited: 'Requests dropped since start because their source sent too many',
	storeFailures: 'Failed writes of bindings since start',
	signalFailures: 'Signals that could not be sent since start',
}

/** Shows the edge's numbers to Prometheus. */
export function addEdgeMetrics(metrics: Metrics, edge: SipEdge): void {
	metrics.gauge({
		name: 'edge_attached_devices',
		help: 'Devices attached at the edge now',
		read: () => edge.attachedDevices,
	})
	for (const [counter, help] of Object.entries(HELP)) {
		const name = `edge_${counter.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)}`
		metrics.gauge({ name, help, read: () => edge.counters[counter as keyof EdgeCounters] })
	}
}
