import { randomBytes } from 'node:crypto'
import type { Clock, Egress, Logger } from '@vigil/runtime'
import { type ParseLimits, type SipMessage, type SipResponse, serializeMessage, topVia } from '@vigil/sip'
import { admittedTarget, requireAdmitted } from './connect/admitted-target.ts'
import { connectStream } from './connect/connect-stream.ts'
import { connectWebSocket } from './connect/connect-web-socket.ts'
import { ConnectionPool } from './connect/connection-pool.ts'
import { ConnectionFlow } from './connection/connection-flow.ts'
import { toTransportError } from './connection/socket-error.ts'
import { type CountersByTransport, createCounters } from './counters.ts'
import type { Address, Flow, FlowCloseReason } from './flow.ts'
import { defaultTransportLimits, type TransportLimits } from './limits.ts'
import type { ConnectOptions, KeepAliveOptions, Listener, ListenOptions } from './listen-options.ts'
import { ConnectionCounts } from './listener/connection-counts.ts'
import { ProxiedPeers } from './listener/proxied-peers.ts'
import { listenStream } from './listener/stream-listener.ts'
import { listenWebSocket } from './listener/web-socket-listener.ts'
import type { MessageChannel, MessageReceiver, SendFailure, Unsubscribe } from './message-channel.ts'
import { type MalformedReceiver, MessageIntake, type ResponseReader } from './message-intake.ts'
import { MessageRate, type MessageRateOptions } from './message-rate.ts'
import type { Network } from './network/network.ts'
import { systemNetwork } from './network/system-network.ts'
import { replyTarget } from './reply-target.ts'
import { DEFAULT_KEEP_ALIVE, pingsFor, type TransportContext } from './transport-context.ts'
import { TransportError } from './transport-error.ts'
import { UdpFlow } from './udp/udp-flow.ts'
import { UdpSockets } from './udp/udp-sockets.ts'

/** What the sockets are made of, and by what chance: the machine's when absent. A simulation brings its own. */
export interface TransportSources {
	/** UDP and TCP. */
	readonly network?: Network
	/** A number in [0, 1), for the spread of pings; default `Math.random`. */
	readonly random?: () => number
	/** Text that cannot be guessed and is never used again, for names of connections; default 96 random bits. */
	readonly unguessable?: () => string
}

export interface TransportManagerOptions extends TransportSources {
	readonly clock: Clock
	readonly logger: Logger
	readonly limits?: Partial<TransportLimits>
	/** Bounds of the parser beyond those of the transport. */
	readonly parseLimits?: Partial<ParseLimits>
	/** Bounds the messages of one source; default none. Connections that we opened are not counted. */
	readonly messageRate?: MessageRateOptions
	/**
	 * Whether the peer at the other end of a UDP flow is known; default everybody is. Others get no answer to STUN that is much larger than
	 * what they sent.
	 */
	readonly isKnown?: (flow: Flow) => boolean
	/** Whether connections from there carry a header of the PROXY protocol that is believed; default from nowhere. */
	readonly isTrustedProxy?: (host: string) => boolean
	/** Keep-alive of connections that we open; default every 30 s, 10 s for the answer. */
	readonly keepAlive?: Partial<KeepAliveOptions> | false
	/** Asked for every address that something is to be sent to and that the other side has not come from; default none is refused. */
	readonly egress?: Egress
	/** Whether a connection is opened for a response whose own is gone (RFC 3261 18.2.2); default true. */
	readonly reopensForResponses?: boolean
	/**
	 * Waits until the other side of a connection that was opened for a response has shown that it speaks SIP, and rejects where it
	 * does not; default it is believed.
	 */
	readonly prove?: (flow: Flow) => Promise<void>
}

type FlowOpened = (flow: Flow) => void
type FlowClosed = (flow: Flow, reason: FlowCloseReason) => void

/** All sockets of a process: listens, connects, frames, parses, keeps alive, counts. No input and no socket error makes it throw. */
export class TransportManager implements MessageChannel {
	readonly counters: Readonly<CountersByTransport>
	readonly #context: TransportContext
	readonly #keepAlive: KeepAliveOptions | undefined
	readonly #egress: Egress | undefined
	readonly #reopens: boolean
	readonly #prove: ((flow: Flow) => Promise<void>) | undefined
	readonly #intake: MessageIntake
	readonly #udp: UdpSockets
	readonly #pool = new ConnectionPool()
	readonly #listeners = new Set<Listener>()
	readonly #flows = new Set<ConnectionFlow>()
	readonly #openedListeners = new Set<FlowOpened>()
	readonly #closedListeners = new Set<FlowClosed>()
	#closed = false

	constructor(options: TransportManagerOptions) {
		const { clock, logger, network = systemNetwork, random = Math.random, unguessable = unguessableText } = options
		const limits = { ...defaultTransportLimits, ...options.limits }
		const counters = createCounters()
		this.counters = counters
		this.#keepAlive = options.keepAlive === false ? undefined : { ...DEFAULT_KEEP_ALIVE, ...options.keepAlive }
		this.#egress = options.egress
		this.#prove = options.prove
		this.#reopens = options.reopensForResponses ?? true
		const rate = options.messageRate && new MessageRate(options.messageRate)
		this.#intake = new MessageIntake({
			counters,
			logger,
			parseLimits: { maxMessageBytes: limits.maxMessageBytes, ...options.parseLimits },
			maxMalformedPerFlow: limits.maxMalformedPerFlow,
			admits: (flow) => !rate || (flow.reliable && flow.direction === 'outbound') || rate.allows(flow, clock.now()),
			isKnown: (flow) => options.isKnown?.(flow) ?? true,
			reply: (response, flow) => this.reply(response, flow),
		})
		this.#context = {
			clock,
			logger,
			limits,
			network,
			random,
			unguessable,
			intake: this.#intake,
			connectionCounts: new ConnectionCounts(limits.maxConnections, limits.maxConnectionsPerSource),
			proxied: new ProxiedPeers({
				isTrusted: options.isTrustedProxy,
				headerTimeoutMs: limits.setupTimeoutMs,
				clock,
				onRefused: () => counters.tcp.connectionsRefused++,
			}),
			opened: (flow) => this.#flowOpened(flow),
			closed: (flow, reason) => this.#flowClosed(flow, reason),
		}
		this.#udp = new UdpSockets(this.#context)
	}

	/** Opens a listening socket. Rejects with TransportError (`address-in-use`, `address-not-available`, ...). */
	async listen(options: ListenOptions): Promise<Listener> {
		this.#requireOpen()
		const listener = await this.#openListener(options)
		this.#listeners.add(listener)
		return listener
	}

	/** Gives a live flow to that target, an existing one where there is one. Rejects with TransportError. */
	async connect(target: ConnectOptions): Promise<Flow> {
		this.#requireOpen()
		try {
			const options = await admittedTarget(target, this.#egress)
			this.#requireOpen()
			if (options.transport === 'udp') return await this.#udpFlow(options)
			const open = () => this.#openConnection(options)
			return await (options.reuse === false ? open() : this.#pool.get(options, open))
		} catch (error) {
			this.counters[target.transport].connectFailures++
			// A TypeError is the caller's bug; an impossible port or an unreadable certificate is the target's.
			throw error instanceof TypeError ? error : toTransportError(error)
		}
	}

	onMessage(receive: MessageReceiver): Unsubscribe {
		return this.#intake.onMessage(receive)
	}

	/** One reader that sees responses first, usual ones unparsed (see `PrerenderedTransactions`). Throws when there is one already. */
	onEarlyResponse(read: ResponseReader): Unsubscribe {
		return this.#intake.onEarlyResponse(read)
	}

	/** Every message that could not be parsed; an answer, where one was possible, has been sent. */
	onMalformed(receive: MalformedReceiver): Unsubscribe {
		return this.#intake.onMalformed(receive)
	}

	/** Every new connection, in either direction; UDP has none. */
	onFlowOpened(fn: FlowOpened): Unsubscribe {
		this.#openedListeners.add(fn)
		return () => this.#openedListeners.delete(fn)
	}

	/** Every connection that ended. */
	onFlowClosed(fn: FlowClosed): Unsubscribe {
		this.#closedListeners.add(fn)
		return () => this.#closedListeners.delete(fn)
	}

	send(message: SipMessage, flow: Flow, onFailure?: SendFailure): void {
		flow.send(serializeMessage(message), onFailure)
	}

	reply(response: SipResponse, flow: Flow, onFailure?: SendFailure): void {
		const bytes = serializeMessage(response)
		const via = topVia(response)
		const target = via && replyTarget(via, flow.transport)
		if (flow instanceof UdpFlow) return void this.#replyToward(target, flow, bytes, onFailure)
		const other = flow.closed ? this.#otherTo(flow, target) : undefined
		if (other) return void other.send(bytes, onFailure)
		const dialled = flow.transport === 'tcp' || flow.transport === 'tls'
		if (!this.#reopens || !flow.closed || !target || !dialled) return void flow.send(bytes, onFailure)
		// RFC 3261 18.2.2: the connection is gone, so one is opened to where the Via says that its sender listens.
		const name = flow.transport === 'tls' ? { tls: { servername: via?.host ?? target.host } } : {}
		this.#reopen({ transport: flow.transport, ...target, ...name, namedBy: 'caller' }).then(
			(opened) => opened.send(bytes, onFailure),
			(error) => onFailure?.(toTransportError(error)),
		)
	}

	/** By UDP a response goes back to where its request came from, or to another port there where its sender listens (RFC 3261 18.2.2). */
	#replyToward(target: Address | undefined, flow: UdpFlow, bytes: Uint8Array, onFailure?: SendFailure): void {
		const back = target ? flow.toward(target) : flow
		try {
			if (back !== flow) requireAdmitted(back.remote.host, back.remote.port, this.#egress, 'caller')
		} catch (error) {
			this.counters.udp.sendFailures++
			onFailure?.(toTransportError(error))
			return
		}
		back.send(bytes, onFailure)
	}

	async #reopen(options: ConnectOptions): Promise<Flow> {
		const flow = await this.connect(options)
		await this.#prove?.(flow)
		return flow
	}

	/** A live connection of ours to the server at whose connection that ended (RFC 5923): a peer by WebSocket has no other way. */
	#otherTo(ended: Flow, target: Address | undefined): Flow | undefined {
		const { transport, direction, remote } = ended
		const port = direction === 'outbound' ? remote.port : target?.port
		for (const flow of this.#flows) {
			if (flow.direction !== 'outbound' || flow.transport !== transport || flow.closed) continue
			if (flow.remote.host === remote.host && flow.remote.port === port) return flow
		}
		return undefined
	}

	/** Starts, changes or (with `false`) stops the pings on a flow, for example after a Flow-Timer (RFC 5626 4.4.1). */
	setKeepAlive(flow: Flow, options: Partial<KeepAliveOptions> | false): void {
		const keepAlive = pingsFor(flow.transport, options, this.#keepAlive)
		if (flow instanceof UdpFlow) flow.listener.setKeepAlive(flow, keepAlive)
		else if (flow instanceof ConnectionFlow) flow.setKeepAlive(keepAlive)
	}

	/** Closes every listener and flow; resolves when the sockets are gone. */
	async close(): Promise<void> {
		this.#closed = true
		const flows = [...this.#flows]
		for (const flow of flows) flow.close()
		await Promise.all([...this.#listeners].map((listener) => listener.close()))
		await this.#udp.close()
		await Promise.all(flows.map((flow) => flow.gone))
	}

	#openListener(options: ListenOptions): Promise<Listener> {
		const { transport, host = '0.0.0.0', port = 0 } = options
		if (transport === 'udp') return this.#udp.listen({ host, port })
		// Browsers cannot ping, so on WebSocket it is the server that finds dead flows.
		const defaults = transport === 'ws' || transport === 'wss' ? DEFAULT_KEEP_ALIVE : undefined
		const pings = pingsFor(transport, options.keepAlive, defaults)
		if (transport === 'ws' || transport === 'wss')
			return listenWebSocket({ ...options, transport }, pings, this.#context)
		return listenStream({ ...options, transport }, pings, this.#context)
	}

	async #udpFlow(options: ConnectOptions): Promise<Flow> {
		const flow = await this.#udp.connect(options)
		if (options.keepAlive) this.setKeepAlive(flow, options.keepAlive)
		return flow
	}

	async #openConnection(options: ConnectOptions): Promise<ConnectionFlow> {
		const { transport } = options
		const pings = pingsFor(transport, options.keepAlive, this.#keepAlive)
		if (transport === 'tcp' || transport === 'tls')
			return connectStream({ ...options, transport }, pings, this.#context)
		if (transport === 'udp') throw new TypeError('UDP has no connections')
		return connectWebSocket({ ...options, transport }, pings, this.#context)
	}

	#flowOpened(flow: ConnectionFlow): void {
		if (this.#closed) {
			flow.close()
			return
		}
		this.#flows.add(flow)
		for (const fn of this.#openedListeners) this.#guard(() => fn(flow))
	}

	#flowClosed(flow: ConnectionFlow, reason: FlowCloseReason): void {
		this.#flows.delete(flow)
		for (const fn of this.#closedListeners) this.#guard(() => fn(flow, reason))
	}

	#guard(call: () => void): void {
		try {
			call()
		} catch (error) {
			this.#context.logger.error({ err: error }, 'a listener of flows failed')
		}
	}

	#requireOpen(): void {
		if (this.#closed) throw new TransportError('manager-closed', 'the transport is closed')
	}
}

function unguessableText(): string {
	return randomBytes(12).toString('base64url')
}
