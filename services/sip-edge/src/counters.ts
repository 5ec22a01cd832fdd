/** Totals since start. */
export interface EdgeCounters {
	registersAccepted: number
	registersChallenged: number
	/** Wrong passwords. */
	passwordsWrong: number
	/** REGISTERs refused for any other reason. */
	registersRefused: number
	attached: number
	detached: number
	/** Requests put through to a device. */
	forwardedToDevice: number
	/** Requests put through to a worker. */
	forwardedToWorker: number
	/** Requests from devices that the proxy refused. */
	refusedFromDevice: number
	/** Requests from workers that the proxy refused. */
	refusedFromWorker: number
	/** Requests for a device that had no flow. */
	flowFailed: number
	/** Requests that found their device attached again. */
	resumed: number
	/** Foreground leases that were prolonged. */
	leasesRenewed: number
	/** Failed writes, of bindings and of liveness. */
	storeFailures: number
	signalFailures: number
}

export function createCounters(): EdgeCounters {
	return {
		registersAccepted: 0,
		registersChallenged: 0,
		passwordsWrong: 0,
		registersRefused: 0,
		attached: 0,
		detached: 0,
		forwardedToDevice: 0,
		forwardedToWorker: 0,
		refusedFromDevice: 0,
		refusedFromWorker: 0,
		flowFailed: 0,
		resumed: 0,
		leasesRenewed: 0,
		storeFailures: 0,
		signalFailures: 0,
	}
}
