import type { ClientRequest } from 'node:http'
import { Agent } from 'node:https'
import { isIP, type LookupFunction, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Endpoint } from '../endpoint.ts'
import { FcmExchange } from './fcm-exchange.ts'

export interface FcmAgentOptions {
	/** Where to connect in place of Google. */
	readonly endpoint?: Endpoint
	/** Resolves the endpoint; default as the system does. */
	readonly lookup?: LookupFunction
	/** PEM certificates to trust in place of the system's. */
	readonly ca?: string
}

/** What Node's agents and requests do, but their types do not say. */
interface AgentInternals {
	addRequest(request: ClientRequest, options: object): void
}
interface RequestInternals {
	onSocket(socket: Socket | null, error: Error): void
}

const MAX_SOCKETS = 32

/** Keeps connections to FCM open, turns them to another endpoint if there is one, and lets only admitted requests pass. */
export class FcmAgent extends Agent {
	readonly #endpoint: Endpoint | undefined
	readonly #lookup: { readonly lookup?: LookupFunction }

	constructor(options: FcmAgentOptions) {
		super({ keepAlive: true, maxSockets: MAX_SOCKETS, ...(options.ca !== undefined && { ca: options.ca }) })
		this.#endpoint = options.endpoint
		this.#lookup = options.lookup === undefined ? {} : { lookup: options.lookup }
	}

	/** Called by Node for each request that uses this agent, before it gets a connection. */
	addRequest(request: ClientRequest, options: object): void {
		const exchange = FcmExchange.current()
		if (!exchange || exchange.admit(request)) {
			const inherited = Agent.prototype as unknown as AgentInternals
			inherited.addRequest.call(this, request, options)
			return
		}
		const refused = request as unknown as RequestInternals
		refused.onSocket(null, new Error('the push is over'))
	}

	override createConnection(
		options: Parameters<Agent['createConnection']>[0],
		callback?: (error: Error | null, stream: Duplex) => void,
	): Duplex | null | undefined {
		const redirected = this.#endpoint && { ...redirection(this.#endpoint), ...this.#lookup }
		return super.createConnection(redirected ? { ...options, ...redirected } : options, callback)
	}
}

/** The endpoint proves its own name; an address is proved as such, since TLS names no addresses (RFC 6066 3). */
function redirection({ host, port }: Endpoint): { host: string; port: number; servername: string } {
	return { host, port, servername: isIP(host) === 0 ? host : '' }
}
