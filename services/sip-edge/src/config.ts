import type { Server as HttpServer } from 'node:http'
import type { Server as HttpsServer } from 'node:https'
import type { ServerTls, TransportName } from '@vigil/sip-transport'

/** A socket for devices. */
export interface PublicListenerConfig {
	readonly transport: TransportName
	/** An IP address of this machine, or `0.0.0.0` or `::` for all. Not used with `server`. */
	readonly host?: string
	/** 0 lets the system choose. Not used with `server`. */
	readonly port?: number
	/** Needed for `tls` and `wss`, unless `server` is given. */
	readonly tls?: ServerTls
	/** Path of a WebSocket listener; any on a port of its own, `/` on a shared server unless set. */
	readonly path?: string
	/** Shares the port of this HTTP server (`ws`, `wss`). */
	readonly server?: HttpServer | HttpsServer
	/** What devices are told to reach it by, where that differs from the socket's own address (NAT, load balancer). */
	readonly advertisedHost?: string
	readonly advertisedPort?: number
}

/** The socket for workers. Everybody who reaches it is trusted, so it belongs on an internal network. */
export interface InternalListenerConfig {
	/** An IP address of this machine. */
	readonly host: string
	readonly port: number
	/** The first one is the one that bindings are stored with. */
	readonly transports: readonly ('tcp' | 'udp')[]
	/** What workers reach it by; needed when `host` is a wildcard. */
	readonly advertisedHost?: string
}

export interface SipEdgeConfig {
	/** Digest realm. Keep it when nodes or names change: devices know the service by it. */
	readonly realm: string
	/** The domain of the devices' addresses-of-record. */
	readonly domain: string
	readonly publicListeners: readonly PublicListenerConfig[]
	readonly internalListener: InternalListenerConfig
	/** Keep-alive time told to devices that use outbound (RFC 5626); default 120. */
	readonly flowTimerSeconds?: number
	/** Default 60. */
	readonly minExpiresSeconds?: number
	/** Default 600. */
	readonly maxExpiresSeconds?: number
	/** Accepted connections of one IPv4 address or IPv6 /64; default 256. */
	readonly maxConnectionsPerSource?: number
	/** Messages of one IPv4 address or IPv6 /64, which may be an office or a carrier's NAT; default 200, four times that at once. */
	readonly messagesPerSecondPerSource?: number
	/** Addresses and networks of load balancers whose PROXY protocol headers are believed; default none. */
	readonly trustedProxies?: readonly string[]
	/** Wrong passwords of one source for one device before 403; default 5 within a minute. */
	readonly passwordTries?: number
	/** How long a request in a dialog waits for its device to attach again; default 4000 ms. */
	readonly reattachWaitMs?: number
	/** How long `drain` waits for transactions under way; default 10 000 ms. */
	readonly drainMs?: number
}

/** The configuration with every default filled in. */
export type CompleteConfig = Required<Omit<SipEdgeConfig, 'publicListeners' | 'internalListener'>> &
	Pick<SipEdgeConfig, 'publicListeners' | 'internalListener'>

/** A setting that cannot work; the message is a sentence for the operator. */
export class EdgeConfigError extends Error {
	override readonly name = 'EdgeConfigError'
}

const MIN_KEY_BYTES = 32
const WILDCARDS: ReadonlySet<string> = new Set(['0.0.0.0', '::', ''])

/** Fills the defaults in. Throws EdgeConfigError for what cannot work. */
export function completeConfig(config: SipEdgeConfig, secretKey: Uint8Array): CompleteConfig {
	const complete: CompleteConfig = {
		flowTimerSeconds: 120,
		minExpiresSeconds: 60,
		maxExpiresSeconds: 600,
		maxConnectionsPerSource: 256,
		messagesPerSecondPerSource: 200,
		trustedProxies: [],
		passwordTries: 5,
		reattachWaitMs: 4000,
		drainMs: 10_000,
		...config,
	}
	const { internalListener: internal } = complete
	require(secretKey.length >= MIN_KEY_BYTES, `the key of the edge must have ${MIN_KEY_BYTES} bytes or more`)
	require(complete.publicListeners.length > 0, 'the edge needs at least one listener for devices')
	require(internal.transports.length > 0, 'the internal listener of the edge needs a transport')
	require(internal.advertisedHost !== undefined ||
		!WILDCARDS.has(
			internal.host,
		), 'the internal listener of the edge listens on all addresses, so it must be told which one workers use')
	require(complete.minExpiresSeconds > 0 &&
		complete.minExpiresSeconds <=
			complete.maxExpiresSeconds, 'the shortest registration at the edge must not be longer than the longest one')
	return complete
}

function require(condition: boolean, sentence: string): void {
	if (!condition) throw new EdgeConfigError(sentence)
}
