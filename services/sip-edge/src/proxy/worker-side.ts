import type { Clock, Logger } from '@vigil/runtime'
import type { SipRequest } from '@vigil/sip'
import type { Flow, ServerTransaction, SipEndpoint } from '@vigil/sip-transport'
import type { Activity } from '../activity.ts'
import type { EdgeCounters } from '../counters.ts'
import type { ToWorker } from '../routing/decide.ts'
import { withoutTrustedFields } from '../routing/forwarded.ts'
import type { WorkerHop } from '../routing/worker-hop.ts'
import { Relay } from './relay.ts'

export interface WorkerSideOptions {
	/** The endpoint of the internal sockets. */
	readonly endpoint: () => SipEndpoint
	/** A flow to a worker, the one there is or a new one. */
	readonly connect: (worker: WorkerHop) => Promise<Flow>
	readonly clock: Clock
	readonly logger: Logger
	readonly randomId: () => string
	readonly counters: EdgeCounters
	readonly activity: Activity
}

/** Puts requests of devices through to workers. */
export class WorkerSide {
	readonly #options: WorkerSideOptions

	constructor(options: WorkerSideOptions) {
		this.#options = options
	}

	/** A request in a dialog. */
	forward(transaction: ServerTransaction, { worker, request }: ToWorker): void {
		this.send(transaction, worker, withoutTrustedFields(request))
	}

	/** A request as it is. */
	send(transaction: ServerTransaction, worker: WorkerHop, request: SipRequest): void {
		const { connect, endpoint, clock, logger, randomId, counters, activity } = this.#options
		// By now it is known whose it is.
		transaction.admit?.()
		counters.forwardedToWorker++
		activity.begin()
		const relay = new Relay({
			transaction,
			clock,
			randomId,
			onLost: () => relay.fail(503),
			onResponded: () => activity.end(),
		})
		connect(worker).then(
			(flow) => relay.send((listener) => endpoint().request(request, flow, listener)),
			(error) => {
				logger.warn({ err: error, worker }, 'a worker cannot be reached')
				relay.fail(503)
			},
		)
	}

	/** An ACK for a 2xx. */
	acknowledge({ worker, request }: ToWorker): void {
		const { connect, endpoint, logger } = this.#options
		connect(worker).then(
			(flow) => endpoint().sendAck(request, flow),
			(error) => logger.warn({ err: error, worker }, 'an ACK was lost as its worker cannot be reached'),
		)
	}
}
