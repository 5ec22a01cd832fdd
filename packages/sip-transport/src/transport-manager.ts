import type { Clock, Logger } from '@vigil/runtime'
import type { ParseError, SipMessage, SipResponse } from '@vigil/sip'
import { type CountersByTransport, createCounters } from './counters.ts'
import type { Flow, FlowCloseReason } from './flow.ts'
import type { TransportLimits } from './limits.ts'
import type { ConnectOptions, KeepAliveOptions, Listener, ListenOptions } from './listen-options.ts'
import type { MessageChannel, MessageReceiver, SendFailure, Unsubscribe } from './message-channel.ts'

export interface TransportManagerOptions {
	readonly clock: Clock
	readonly logger: Logger
	readonly limits?: Partial<TransportLimits>
	/** Keep-alive of connections that we open; default every 30 s, 10 s for the answer. */
	readonly keepAlive?: Partial<KeepAliveOptions> | false
}

export type MalformedReceiver = (error: ParseError, flow: Flow, bytes: Uint8Array) => void

/** All sockets of a process: listens, connects, frames, parses, keeps alive, counts. */
export class TransportManager implements MessageChannel {
	readonly counters: Readonly<CountersByTransport> = createCounters()

	constructor(_options: TransportManagerOptions) {}

	/** Opens a listening socket. Throws TransportError (`address-in-use`, `address-not-available`, ...). */
	listen(_options: ListenOptions): Promise<Listener> {
		throw new Error('being written')
	}

	/** Gives a live flow to that target: an existing one where there is one. Throws TransportError. */
	connect(_options: ConnectOptions): Promise<Flow> {
		throw new Error('being written')
	}

	onMessage(_receive: MessageReceiver): Unsubscribe {
		throw new Error('being written')
	}

	onMalformed(_receive: MalformedReceiver): Unsubscribe {
		throw new Error('being written')
	}

	onFlowOpened(_fn: (flow: Flow) => void): Unsubscribe {
		throw new Error('being written')
	}

	onFlowClosed(_fn: (flow: Flow, reason: FlowCloseReason) => void): Unsubscribe {
		throw new Error('being written')
	}

	send(_message: SipMessage, _flow: Flow, _onFailure?: SendFailure): void {
		throw new Error('being written')
	}

	reply(_response: SipResponse, _flow: Flow, _onFailure?: SendFailure): void {
		throw new Error('being written')
	}

	/** Starts, changes or (with `false`) stops the pings on a flow, for example after a Flow-Timer (RFC 5626 4.4.1). */
	setKeepAlive(_flow: Flow, _options: Partial<KeepAliveOptions> | false): void {
		throw new Error('being written')
	}

	/** Closes every listener and flow. */
	close(): Promise<void> {
		throw new Error('being written')
	}
}
