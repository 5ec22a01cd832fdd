import type { TransportError } from './transport-error.ts'

/** The transports of RFC 3261 18 and RFC 7118, in the spelling of a URI's `transport` parameter. */
export type TransportName = 'udp' | 'tcp' | 'tls' | 'ws' | 'wss'

/** An IP address (IPv6 without brackets) or, before resolution, a host name; and a port. */
export interface Address {
	readonly host: string
	readonly port: number
}

/** Why a flow ended. `local`: `close()` was called. */
export type FlowCloseReason =
	| 'local'
	| 'remote'
	| 'error'
	| 'keep-alive'
	| 'idle'
	| 'slow-message'
	| 'bad-framing'
	| 'congested'
	| 'listener-closed'

/**
 * A TCP, TLS or WebSocket connection, or a UDP 5-tuple on one of our sockets (RFC 5626 2).
 *
 * Two objects with the same `id` are the same flow; a UDP flow may be given by several objects over time.
 */
export interface Flow {
	readonly id: string
	readonly transport: TransportName
	/** False for UDP only: the transaction timers depend on it (RFC 3261 17). */
	readonly reliable: boolean
	/** True for TLS and WSS. */
	readonly secure: boolean
	/** Who opened it: us (`outbound`) or the other side. A UDP flow first seen by a datagram is `inbound`. */
	readonly direction: 'inbound' | 'outbound'
	readonly local: Address
	readonly remote: Address
	readonly closed: boolean
	/** When the other side was last heard, by the clock of the manager, pings included. Absent over UDP. */
	readonly lastReceivedMs?: number
	/** Sends one whole SIP message. Never throws; a failure is told at most once, possibly later. */
	send(bytes: Uint8Array, onFailure?: (error: TransportError) => void): void
	/** Ends the flow; a UDP flow's socket stays open. */
	close(): void
	/** Calls `fn` once when the flow has ended (soon, when it already has). Returns a function that unsubscribes. */
	onClose(fn: (reason: FlowCloseReason) => void): () => void
}

/** `host:port`, with brackets around an IPv6 address. */
export function formatAddress(address: Address): string {
	return address.host.includes(':') ? `[${address.host}]:${address.port}` : `${address.host}:${address.port}`
}
