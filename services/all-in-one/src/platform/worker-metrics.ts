import type { LoadMeter, RegistrationWorker, WorkerSnapshot } from '@vigil/registration-worker'
import type { Metrics } from '@vigil/runtime'

const STATES = ['unregistered', 'registering', 'registered', 'unregistering', 'rejected', 'failing'] as const

type Gauge = readonly [name: string, help: string, value: (snapshot: WorkerSnapshot) => number]

const GAUGES: readonly Gauge[] = [
	['accounts', 'Accounts that this worker runs', (now) => now.accounts],
	['calls', 'Calls held, ringing or talking', (now) => now.calls],
	[
		'held_calls',
		'Calls that wait for a phone, or whose woken phone has yet to hear that they are over',
		(now) => now.heldCalls,
	],
	['outgoing_calls', 'Of these, calls that devices make', (now) => now.outgoingCalls],
	['call_records_dropped', 'Call records lost while the database was away', (now) => now.droppedRecords],
	[
		'invites_from_elsewhere',
		'INVITEs taken from other addresses than the SIP server’s that their account is registered at',
		(now) => now.inviteSources.unusual,
	],
	[
		'invites_from_elsewhere_refused',
		'INVITEs from there that the tenant or the account does not want, answered by 404',
		(now) => now.inviteSources.refused,
	],
	['registers_sent', 'REGISTERs sent', (now) => now.engine.sent],
	['registers_accepted', 'REGISTERs accepted', (now) => now.engine.accepted],
	['registers_challenged', 'REGISTERs answered with a challenge', (now) => now.engine.challenged],
	['registers_in_flight', 'REGISTERs that wait for their answer', (now) => now.engine.inFlight],
	['registers_waiting', 'REGISTERs that wait for their turn', (now) => now.engine.waiting],
	[
		'registers_parked',
		'Of the others, accounts that wait as their SIP server has accepted no REGISTER of their tenant',
		(now) => now.engine.parked,
	],
	[
		'authentication_realm_changed',
		'Times that a SIP server asked an account for another realm than before',
		(now) => now.engine.authenticationChanges['realm-changed'],
	],
	[
		'authentication_weakened',
		'Times that a SIP server asked an account for a weaker answer than before',
		(now) => now.engine.authenticationChanges.weaker,
	],
	['registration_timers', 'Registrations in the timer wheel', (now) => now.engine.timers],
	[
		'timer_lag_p99_ms',
		'How late 99 % of the timers were at most, over one to two minutes',
		(now) => now.engine.latenessP99Ms,
	],
	['upstream_requests_out', 'Requests sent to SIP servers', (now) => now.upstreamSip.requestsOut ?? 0],
	[
		'upstream_retransmissions_out',
		'Requests repeated to SIP servers for want of an answer',
		(now) => now.upstreamSip.requestRetransmissionsOut ?? 0,
	],
	[
		'upstream_answered_stateless',
		'Requests of unknown senders over UDP that got one answer and no transaction',
		(now) => now.upstreamSip.respondedStateless ?? 0,
	],
	[
		'upstream_answers_withheld',
		'Answers that unknown senders did not get, as they were more than twice as large as what they sent',
		(now) => now.upstreamSip.responsesWithheld ?? 0,
	],
	['upstream_malformed', 'Messages from upstream that could not be parsed', (now) => now.upstreamMessages.malformed],
	['upstream_malformed_answered', 'Of these, answered with an error', (now) => now.upstreamMessages.malformedRejected],
	[
		'upstream_rate_limited',
		'Messages from upstream dropped because their source sent too many',
		(now) => now.upstreamMessages.rateLimited,
	],
]

/** What Prometheus reads of the worker; asked at each scrape. Failures appear by cause as they first happen. */
export function addWorkerMetrics(metrics: Metrics, worker: RegistrationWorker): void {
	for (const [name, help, value] of GAUGES) {
		metrics.gauge({ name: `worker_${name}`, help, read: () => value(worker.snapshot()) })
	}
	for (const state of STATES) {
		const help = `Accounts whose registration is ${state}`
		const read = () => worker.snapshot().registrations[state] ?? 0
		metrics.gauge({ name: `worker_registrations_${state}`, help, read })
	}
	metrics.gauge({
		name: 'worker_calls_refused',
		help: 'Calls refused since start by whose budget, and which',
		labels: ['scope', 'budget'],
		read: () =>
			worker
				.snapshot()
				.refusedCalls.map(({ scope, kind, count }) => ({ labels: { scope, budget: kind }, value: count })),
	})
	metrics.gauge({
		name: 'worker_registers_failed',
		help: 'REGISTERs that were refused or not answered, by cause and SIP server',
		labels: ['cause', 'upstream'],
		read: () =>
			worker
				.snapshot()
				.engine.failed.map(({ cause, upstream, count }) => ({ labels: { cause, upstream }, value: count })),
	})
}

const LEVELS = { normal: 0, strained: 1, overloaded: 2 } as const

/** What Prometheus reads of the load of this process. */
export function addLoadMetrics(metrics: Metrics, load: Pick<LoadMeter, 'level' | 'lagMs'>): void {
	metrics.gauge({
		name: 'load_level',
		help: '0 normal; 1 strained, whoever takes more than its part waits; 2 overloaded, nothing new is taken on',
		read: () => LEVELS[load.level],
	})
	metrics.gauge({ name: 'load_lag_ms', help: 'Lag of the event loop, smoothed over a second', read: () => load.lagMs })
}
