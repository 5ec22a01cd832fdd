/** Bounds on what a peer can make us hold or wait for. */
export interface TransportLimits {
	/** The largest message taken, headers and body. */
	readonly maxMessageBytes: number
	/** The largest start-line and header block taken from a stream. */
	readonly maxHeaderBytes: number
	/** Accepted connections of all listeners. */
	readonly maxConnections: number
	/** Accepted connections of one source: an IPv4 address or an IPv6 /64. */
	readonly maxConnectionsPerSource: number
	/** How long TCP, TLS and WebSocket set-up may take, in either direction. */
	readonly setupTimeoutMs: number
	/** How long after its first byte a message in a stream may be incomplete. */
	readonly messageTimeoutMs: number
	/** How long an accepted connection may be without a first whole message. */
	readonly firstMessageTimeoutMs: number
	/** How long an accepted connection may be silent, keep-alives included. */
	readonly idleTimeoutMs: number
	/** Bytes that may wait for a slow reader before its flow is given up, on connections that we accepted. */
	readonly maxQueuedBytes: number
	/** The same on connections that we opened: a burst of ours to one server is no fault of its. */
	readonly maxQueuedBytesOutbound: number
	/** Malformed messages on a connection before it is closed. */
	readonly maxMalformedPerFlow: number
	/** UDP flow objects remembered per socket; older ones are made again when needed. */
	readonly maxUdpFlows: number
}

export const defaultTransportLimits: TransportLimits = {
	maxMessageBytes: 65_535,
	maxHeaderBytes: 32_768,
	maxConnections: 50_000,
	maxConnectionsPerSource: 256,
	setupTimeoutMs: 10_000,
	messageTimeoutMs: 10_000,
	firstMessageTimeoutMs: 32_000,
	idleTimeoutMs: 600_000,
	maxQueuedBytes: 1_048_576,
	maxQueuedBytesOutbound: 16_777_216,
	maxMalformedPerFlow: 8,
	maxUdpFlows: 65_536,
}
