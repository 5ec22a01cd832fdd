import type { Clock, Logger } from '@vigil/runtime'
import type { SipRequest, TimerValues } from '@vigil/sip'
import type { Flow } from '../flow.ts'
import type { MessageChannel } from '../message-channel.ts'
import type { ClientListener, ClientTransaction, EndpointCounters, EndpointHandlers } from './endpoint-types.ts'
import type { FlowWatch } from './flow-watch.ts'

/** What the transactions of one endpoint share. */
export interface EndpointCore {
	readonly channel: MessageChannel
	readonly clock: Clock
	readonly logger: Logger
	readonly timers: TimerValues
	readonly handlers: EndpointHandlers
	readonly counters: EndpointCounters
	/** Written into messages that name no product. */
	readonly product: string | undefined
	readonly flowWatch: FlowWatch
	/** Sends a request that has its Via already, in a client transaction of its own (CANCEL). */
	startClient(request: SipRequest, flow: Flow, listener: ClientListener): ClientTransaction
	/** Calls into the transaction user: what it throws is logged and counted, and goes no further. */
	guard(call: () => void): boolean
}
