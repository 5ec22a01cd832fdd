import type { ConnectionContext } from './connection/connection-flow.ts'
import type { TransportName } from './flow.ts'
import type { KeepAliveOptions } from './listen-options.ts'
import type { ConnectionCounts } from './listener/connection-counts.ts'
import type { ProxiedPeers } from './listener/proxied-peers.ts'
import type { MessageIntake } from './message-intake.ts'
import type { Network } from './network/network.ts'

/** What every socket of a manager shares. */
export interface TransportContext extends ConnectionContext {
	readonly intake: MessageIntake
	/** UDP and TCP. */
	readonly network: Network
	/** Bounds the accepted connections, over all listeners. */
	readonly connectionCounts: ConnectionCounts
	/** Who is behind accepted connections. */
	readonly proxied: ProxiedPeers
}

/** The usual pings: often enough for the NAT bindings of TCP, and within RFC 5626 4.4.1's upper bound of 120 s. */
export const DEFAULT_KEEP_ALIVE: KeepAliveOptions = { intervalMs: 30_000, pongTimeoutMs: 10_000, expectPong: 'seen' }

/** Fills in defaults; undefined when there are to be no pings. A WebSocket peer must answer (RFC 6455 5.5.2). */
export function pingsFor(
	transport: TransportName,
	options: Partial<KeepAliveOptions> | false | undefined,
	defaults: KeepAliveOptions | undefined,
): KeepAliveOptions | undefined {
	const chosen = options === undefined ? defaults : options && { ...DEFAULT_KEEP_ALIVE, ...defaults, ...options }
	if (!chosen) return undefined
	return transport === 'ws' || transport === 'wss' ? { ...chosen, expectPong: 'always' } : chosen
}
