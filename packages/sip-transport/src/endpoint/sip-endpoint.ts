import type { SipMessage, SipRequest } from '@vigil/sip'
import type { Flow } from '../flow.ts'
import type {
	ClientListener,
	ClientTransaction,
	EndpointCounters,
	RequestOptions,
	SipEndpointOptions,
} from './endpoint-types.ts'

/** The transaction layer (RFC 3261 17): runs the machines of @vigil/sip over a channel and a clock. */
export class SipEndpoint {
	declare readonly counters: Readonly<EndpointCounters>

	constructor(_options: SipEndpointOptions) {}

	/** Sends a request (not ACK) in a new transaction; pushes our Via with a new branch and `rport`. */
	request(_request: SipRequest, _flow: Flow, _listener: ClientListener, _options?: RequestOptions): ClientTransaction {
		throw new Error('being written')
	}

	/** Sends the ACK of a 2xx: outside any transaction, with a Via and branch of its own (RFC 3261 13.2.2.4). */
	sendAck(_ack: SipRequest, _flow: Flow): void {
		throw new Error('being written')
	}

	/** Sends a message as it is: requests keep the Via they carry, responses go where their top Via says. */
	sendStateless(_message: SipMessage, _flow: Flow): void {
		throw new Error('being written')
	}

	/** Ends every transaction (client ones fail with `transport`) and takes no more messages. */
	close(): Promise<void> {
		throw new Error('being written')
	}
}
