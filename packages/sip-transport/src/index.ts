export type { CountersByTransport, TransportCounters } from './counters.ts'
export type {
	ClientListener,
	ClientTransaction,
	EndpointCounters,
	EndpointHandlers,
	RequestOptions,
	ServerTransaction,
	SipEndpointOptions,
	TransactionEnd,
} from './endpoint/endpoint-types.ts'
export { SipEndpoint } from './endpoint/sip-endpoint.ts'
export { type Address, type Flow, type FlowCloseReason, formatAddress, type TransportName } from './flow.ts'
export { defaultTransportLimits, type TransportLimits } from './limits.ts'
export type { ConnectOptions, KeepAliveOptions, Listener, ListenOptions } from './listen-options.ts'
export type { MessageChannel, MessageReceiver, SendFailure, Unsubscribe } from './message-channel.ts'
export type { MalformedReceiver } from './message-intake.ts'
export type { ClientTls, ServerTls } from './tls-options.ts'
export { TransportError, type TransportErrorCode } from './transport-error.ts'
export { TransportManager, type TransportManagerOptions } from './transport-manager.ts'
