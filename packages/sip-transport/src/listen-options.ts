import type { Server as HttpServer } from 'node:http'
import type { Server as HttpsServer } from 'node:https'
import type { NamedBy } from '@vigil/runtime'
import type { Address, TransportName } from './flow.ts'
import type { ClientTls, ServerTls } from './tls-options.ts'

/** Where to listen. */
export interface ListenOptions {
	readonly transport: TransportName
	/** An IP address of this machine; `0.0.0.0` or `::` for all. Not used with `server`. */
	readonly host?: string
	/** 0 lets the system choose; `Listener.port` tells. Not used with `server`. */
	readonly port?: number
	/** Needed for `tls` and `wss`, unless `server` is given. */
	readonly tls?: ServerTls
	/** Length of the system's queue of connections not yet accepted. */
	readonly backlog?: number
	/** Path of a WebSocket listener; default any path on an own port, `/` on a shared server. */
	readonly path?: string
	/** Share this HTTP server's port (WS and WSS): only upgrade requests for `path` are taken. */
	readonly server?: HttpServer | HttpsServer
	/** `Origin` values that a browser may come from (WS and WSS); default all, as SIP authenticates by digest. */
	readonly origins?: readonly string[]
	/** Pings that we send on accepted connections; default none on TCP and TLS, every 30 s on WS and WSS. */
	readonly keepAlive?: Partial<KeepAliveOptions> | false
}

/** An open listening socket. */
export interface Listener extends Address {
	readonly transport: TransportName
	/** Uses another certificate for connections accepted from now on. Throws for a listener that has no TLS of its own. */
	setTls(tls: ServerTls): void
	/** Stops accepting and closes the flows that it accepted. */
	close(): Promise<void>
}

/** Whom to connect to. */
export interface ConnectOptions {
	readonly transport: TransportName
	/** An IP address, or a name that is looked up (A/AAAA only; see `resolveTarget` for SRV). */
	readonly host: string
	readonly port: number
	readonly tls?: ClientTls
	/** The address and port to leave from. */
	readonly localHost?: string
	readonly localPort?: number
	/** The UDP listener to send from; default any of the right family, or an own socket when there is none. */
	readonly via?: Listener
	/** Path of the WebSocket URL; default `/`. */
	readonly path?: string
	/** `false` opens a new connection though a live one to the same target exists. */
	readonly reuse?: boolean
	/** Whose word led there, for the egress policy; default `account`. */
	readonly namedBy?: NamedBy
	/** How long a connection may take to be ready; default from the limits. */
	readonly timeoutMs?: number
	/** Keep-alive of the new connection; `false` sends none. */
	readonly keepAlive?: Partial<KeepAliveOptions> | false
}

/** Pings on a flow (RFC 5626 3.5.1; WebSocket ping frames on WS and WSS). */
export interface KeepAliveOptions {
	/** Time between pings; each is sent after 80 to 100 % of it (RFC 5626 4.4.1). */
	readonly intervalMs: number
	/** A flow whose ping is not answered within this time is dead (RFC 5626: 10 s). */
	readonly pongTimeoutMs: number
	/**
	 * `seen`: a missing pong counts only once the peer has answered a ping, as servers without RFC 5626 stay silent.
	 * `always`: a missing pong is death. WebSocket peers must answer, so it is always counted there.
	 */
	readonly expectPong: 'seen' | 'always'
}
