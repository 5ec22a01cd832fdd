import { isIP } from 'node:net'
import type { Account } from '@vigil/domain'
import { headerList, parseNameAddr, parseUri, type SipRequest, topVia } from '@vigil/sip'
import type { Flow, TargetQuery } from '@vigil/sip-transport'
import { phaseOf } from '../registrations/identities.ts'
import type { UpstreamSide } from '../upstream/upstream-side.ts'
import { targetOfHop } from '../upstream/upstream-target.ts'
import { laneOf } from '../upstream/upstreams.ts'

const SIP_PORT = 5060

export interface CallUpstreamPathDeps {
	readonly upstream: Pick<UpstreamSide, 'flowTo' | 'addressesOf' | 'heard'>
	/** The flow that the account's REGISTERs take, where it is open now. */
	readonly registeredBy: () => Flow | undefined
}

/**
 * The path of a call's requests towards the SIP servers. They take the connection that the call came by as long as it lives and
 * the next hop is the server at its other end (RFC 5923): a server's Contact may name an address that its certificate does not
 * carry, or a port that speaks another transport, and who came by WebSocket cannot be dialled at all (RFC 7118 5). Where it is
 * gone, the registration's connection to that server; otherwise RFC 3263 says where to.
 */
export class CallUpstreamPath {
	readonly #deps: CallUpstreamPathDeps
	readonly #lane: number
	readonly #webSocketPath: { readonly path?: string }
	#flow: Flow | undefined
	/** Id of the flow that the call's INVITE came by. */
	#invitedBy: string | undefined
	/** What the server at the other end is called: its address, and what it says of itself. */
	readonly #hosts = new Set<string>()
	readonly #ports = new Set<number>()

	constructor(deps: CallUpstreamPathDeps, { id, webSocketPath }: Pick<Account, 'id' | 'webSocketPath'>) {
		this.#deps = deps
		this.#lane = laneOf(phaseOf(id))
		// A SIP URI has no place for it.
		this.#webSocketPath = webSocketPath === undefined ? {} : { path: webSocketPath }
	}

	/** The call's INVITE came by that flow. */
	invitedBy(flow: Flow, invite: SipRequest): void {
		this.cameBy(flow, invite)
		this.#invitedBy = flow.id
	}

	/** A request of the call came by that flow; from where its INVITE came only who got our answers there can send one. */
	cameBy(flow: Flow, request: SipRequest): void {
		if (flow.id === this.#invitedBy) this.#deps.upstream.heard(flow)
		if (!this.#follow(flow)) return
		const via = topVia(request)
		if (via) this.#know(via.host, via.port ?? SIP_PORT)
		// With one Via and no Record-Route whoever sent it is the other end of the dialog.
		const alone = headerList(request.headers, 'Via').length === 1 && !request.headers.has('Record-Route')
		const contact = alone ? parseNameAddr(headerList(request.headers, 'Contact')[0] ?? '') : undefined
		const uri = contact && parseUri(contact.uri)
		if (uri?.scheme === 'sip' || uri?.scheme === 'sips') this.#know(uri.host, uri.port)
	}

	/** The first request of a call leaves by that flow. */
	leftBy(flow: Flow): void {
		this.#flow = undefined
		this.#follow(flow)
	}

	/** The flow to a next hop, given by its URI. Rejects when there is none. */
	async flowTo(uri: string): Promise<Flow> {
		const hop = targetOfHop(uri)
		if (!hop) throw new Error(`${uri} cannot be reached by SIP`)
		const open = this.#open()
		const shared = open.length > 0 && (await this.#isPeer(hop)) ? open.find((flow) => fits(flow, hop)) : undefined
		if (shared) return shared
		try {
			return await this.#deps.upstream.flowTo({ ...hop, ...this.#webSocketPath }, this.#lane)
		} catch (error) {
			// The server that the call came by knows a path where we find none.
			const [other] = open
			if (other) return other
			throw error
		}
	}

	/** Connections to the server of the call that live: the call's own first. */
	#open(): Flow[] {
		const flow = this.#flow
		if (!flow) return []
		if (!flow.closed) return [flow]
		const registered = this.#deps.registeredBy()
		return registered?.reliable && !registered.closed && this.#hosts.has(registered.remote.host) ? [registered] : []
	}

	/** False for a datagram, which is no connection, and while the connection that we follow lives. */
	#follow(flow: Flow): boolean {
		if (!flow.reliable || (this.#flow && !this.#flow.closed)) return false
		this.#flow = flow
		if (!this.#hosts.has(flow.remote.host)) {
			this.#hosts.clear()
			this.#ports.clear()
		}
		this.#know(flow.remote.host, flow.remote.port)
		return true
	}

	#know(host: string, port: number | undefined): void {
		this.#hosts.add(plain(host))
		if (port !== undefined) this.#ports.add(port)
	}

	/** Whether the hop is the server at the other end, by name or by an address of its name. */
	async #isPeer(hop: TargetQuery): Promise<boolean> {
		const host = plain(hop.host)
		if (this.#hosts.has(host)) return this.#isItsPort(hop)
		if (isIP(host) !== 0) return false
		const addresses = await this.#deps.upstream.addressesOf(hop).catch(() => [])
		return addresses.some((address) => this.#hosts.has(address)) && this.#isItsPort(hop)
	}

	/**
	 * Several servers may live at one address, so over TCP the port must be one that is known. Over TLS and WebSocket it says
	 * nothing: FreeSWITCH gives its UDP port, Asterisk that of its first transport.
	 */
	#isItsPort({ port }: TargetQuery): boolean {
		return this.#flow?.transport !== 'tcp' || this.#ports.has(port ?? SIP_PORT)
	}
}

/** A `sips:` hop takes no connection in clear text, and over TCP what names another transport means it. */
function fits(flow: Flow, { transport, secure }: TargetQuery): boolean {
	if (secure && !flow.secure) return false
	return flow.transport !== 'tcp' || transport === undefined || transport === 'tcp'
}

function plain(host: string): string {
	return host.replace(/^\[|\]$/g, '').toLowerCase()
}
