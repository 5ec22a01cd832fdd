// Flows and sockets (RFC 3261 18, RFC 5626, RFC 7118)

export { type BackOffOptions, backOffDelayMs, DEFAULT_BACK_OFF } from './back-off.ts'
export type { CountersByTransport, TransportCounters } from './counters.ts'
// Where to send (RFC 3263)
export { type DnsResolver, dnsResolver, systemResolver } from './dns-resolver.ts'
// Transactions (RFC 3261 17)
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
export { listenOnOnePort } from './listener/listen-on-one-port.ts'
export type { MessageChannel, MessageReceiver, SendFailure, Unsubscribe } from './message-channel.ts'
export type { MalformedReceiver, ResponseReader } from './message-intake.ts'
export type { MessageRateOptions } from './message-rate.ts'
export type {
	DatagramSocket,
	DatagramSource,
	Network,
	StreamServer,
	StreamSocket,
	StreamTarget,
} from './network/network.ts'
export { PersistentFlow, type PersistentFlowOptions } from './persistent-flow.ts'
export {
	type PrerenderedCounters,
	type PrerenderedListener,
	PrerenderedTransactions,
	type PrerenderedTransactionsOptions,
} from './prerendered/prerendered-transactions.ts'
export { defaultPort } from './reply-target.ts'
export { type ResolvedTarget, type ResolveOptions, resolveTarget, type TargetQuery } from './resolve-target.ts'
export type { SrvTarget } from './srv-order.ts'
export type { ClientTls, ServerTls } from './tls-options.ts'
export { TransportError, type TransportErrorCode } from './transport-error.ts'
export { TransportManager, type TransportManagerOptions, type TransportSources } from './transport-manager.ts'
