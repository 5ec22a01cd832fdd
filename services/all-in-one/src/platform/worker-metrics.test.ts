import type { RegistrationWorker, WorkerSnapshot } from '@vigil/registration-worker'
import { createMetrics } from '@vigil/runtime'
import { expect, it } from 'vitest'
import { addWorkerMetrics } from './worker-metrics.ts'

const SNAPSHOT = {
	accounts: 12,
	registrations: { registered: 9, failing: 2, rejected: 1 },
	calls: 1,
	outgoingCalls: 0,
	heldCalls: 5,
	refusedCalls: [{ scope: 'tenant', kind: 'call-rate', count: 8 }],
	inviteSources: { unusual: 2, refused: 1 },
	droppedRecords: 3,
	upstreamSip: { requestsOut: 40, requestRetransmissionsOut: 5, respondedStateless: 11, responsesWithheld: 3 },
	upstreamMessages: { malformed: 4, malformedRejected: 2, rateLimited: 6 },
	engine: {
		timers: 9,
		inFlight: 2,
		parked: 0,
		authenticationChanges: { 'realm-changed': 0, weaker: 0 },
		waiting: 1,
		sent: 40,
		accepted: 30,
		challenged: 7,
		failed: [
			{ upstream: 'udp:pbx.test', cause: '403', count: 1 },
			{ upstream: 'tcp:pbx.test:5070', cause: 'timeout', count: 2 },
		],
		latenessP99Ms: 8,
	},
} as WorkerSnapshot

it('tells how the registrations go', async () => {
	const metrics = createMetrics()
	const worker: Partial<RegistrationWorker> = { snapshot: () => SNAPSHOT }
	addWorkerMetrics(metrics, worker as RegistrationWorker)
	const lines = (await metrics.expose()).body.split('\n')
	expect(lines).toEqual(
		expect.arrayContaining([
			'vigil_worker_registrations_registered 9',
			'vigil_worker_registrations_failing 2',
			'vigil_worker_registrations_rejected 1',
			'vigil_worker_registrations_unregistered 0',
			'vigil_worker_held_calls 5',
			'vigil_worker_invites_from_elsewhere 2',
			'vigil_worker_invites_from_elsewhere_refused 1',
			'vigil_worker_calls_refused{scope="tenant",budget="call-rate"} 8',
			'vigil_worker_registers_sent 40',
			'vigil_worker_upstream_answered_stateless 11',
			'vigil_worker_upstream_answers_withheld 3',
			'vigil_worker_registers_accepted 30',
			'vigil_worker_registers_challenged 7',
			'vigil_worker_registers_in_flight 2',
			'vigil_worker_registers_waiting 1',
			'vigil_worker_registers_failed{cause="403",upstream="udp:pbx.test"} 1',
			'vigil_worker_registers_failed{cause="timeout",upstream="tcp:pbx.test:5070"} 2',
			'vigil_worker_upstream_retransmissions_out 5',
			'vigil_worker_timer_lag_p99_ms 8',
			'vigil_worker_registration_timers 9',
			'vigil_worker_call_records_dropped 3',
		]),
	)
})
