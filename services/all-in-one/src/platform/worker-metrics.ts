import type { RegistrationWorker } from '@vigil/registration-worker'
import type { Metrics } from '@vigil/runtime'

const STATES = ['unregistered', 'registering', 'registered', 'unregistering', 'rejected', 'failing'] as const

/** What Prometheus reads of the worker; asked at each scrape. */
export function addWorkerMetrics(metrics: Metrics, worker: RegistrationWorker): void {
	const read = (name: string, help: string, value: () => number) => metrics.gauge({ name, help, read: value })
	read('worker_accounts', 'Accounts that this worker runs', () => worker.snapshot().accounts)
	read('worker_calls', 'Calls held, ringing or talking', () => worker.snapshot().calls)
	read(
		'worker_call_records_dropped',
		'Call records lost while the database was away',
		() => worker.snapshot().droppedRecords,
	)
	for (const state of STATES) {
		read(
			`worker_registrations_${state}`,
			`Accounts whose registration is ${state}`,
			() => worker.snapshot().registrations[state] ?? 0,
		)
	}
	read(
		'worker_upstream_requests_out',
		'Requests sent to SIP servers',
		() => worker.snapshot().upstreamSip.requestsOut ?? 0,
	)
	read(
		'worker_upstream_retransmissions_out',
		'Requests repeated to SIP servers for want of an answer',
		() => worker.snapshot().upstreamSip.requestRetransmissionsOut ?? 0,
	)
}
