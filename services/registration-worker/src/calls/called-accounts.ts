import { type CallDriver, type CallRegistry, deviceReplaced, type SourceVerdict } from '@vigil/call-control'
import { type AccountId, looksLikeContactToken } from '@vigil/domain'
import { parseNameAddr, parseUri, type SipRequest, unescapeUriPart } from '@vigil/sip'
import type { Flow } from '@vigil/sip-transport'
import type { AccountDirectory, DirectoryEntry } from '../accounts/account-directory.ts'
import type { Upstream } from '../upstream/upstream.ts'
import type { InviteSources, RegisteredAt } from './invite-sources.ts'

/** The SIP servers that accounts are registered at. */
export interface CallingServers extends RegisteredAt {
	/** Those at an address, whatever their port. */
	at(host: string): Iterable<Pick<Upstream, 'domains'>>
	/** That of an account. */
	of(slot: number): Pick<Upstream, 'hosts' | 'isAt'> | undefined
}

/** The account that a request is for. */
export interface CalledAccount {
	readonly entry: DirectoryEntry
	/** What is to be thought of where it comes from; where that is refused, the sender hears that there is no such account. */
	readonly source: SourceVerdict
}

interface Address {
	readonly user: string
	/** As accounts name their domain: with the port and without. */
	readonly domains: readonly string[]
}

/** An address with more domains than this has to say in To which one it means. */
const MOST_DOMAINS = 256
const NONE = -1

/**
 * Whose request it is that comes from upstream. The Request-URI is our Contact (RFC 3261 16.6), whose token only the registrar knows. Trunks and
 * border controllers that put the dialled number or user name in its place are understood, for an account at the very
 * server that the request comes from; to strangers such an address is unknown.
 */
export class CalledAccounts {
	readonly #directory: AccountDirectory
	readonly #servers: CallingServers
	readonly #calls: CallRegistry
	readonly #sources: InviteSources

	constructor(directory: AccountDirectory, servers: CallingServers, calls: CallRegistry, sources: InviteSources) {
		this.#directory = directory
		this.#servers = servers
		this.#calls = calls
		this.#sources = sources
	}

	find(request: SipRequest, flow: Flow): CalledAccount | undefined {
		const asked = addressOf(request.uri)
		const ours = this.#directory.byToken(asked.user)
		if (ours)
			return { entry: ours, source: this.#sources.verdict(this.#directory.slotOf(ours.account.id), ours.account, flow) }
		const call = this.#calls.byContact(asked.user)
		if (call) return this.#transferred(call, request, flow)
		const domains = this.#domainsAt(flow.remote.host)
		if (domains.length === 0) return undefined
		const to = addressOf(parseNameAddr(request.headers.get('To') ?? '')?.uri ?? '')
		// A Contact of a call that is over names nobody, whatever To says.
		for (const user of looksLikeContactToken(asked.user) ? [asked.user] : new Set([asked.user, to.user])) {
			const slot = this.#named(user, to.domains, domains, flow)
			const entry = slot === NONE ? undefined : this.#directory.at(slot)
			if (entry) return { entry, source: 'usual' }
		}
		return undefined
	}

	/**
	 * The Contact of a call's dialog is no address for others: what is outside of the dialog reaches nobody by it. Only the account's SIP
	 * server may bring who takes the place of a party of the dialog, as after an attended transfer (RFC 5589 7.1).
	 */
	#transferred({ targetId }: CallDriver, request: SipRequest, flow: Flow): CalledAccount | undefined {
		if (request.method !== 'INVITE') return undefined
		const slot = this.#directory.slotOf(targetId as AccountId)
		const entry = this.#directory.at(slot)
		if (!entry || this.#sources.verdict(slot, entry.account, flow) !== 'usual') return undefined
		return deviceReplaced(this.#calls, targetId, request) && { entry, source: 'usual' }
	}

	/** To says which of several domains is meant; where it does not, there is to be only one such user at the server. */
	#named(user: string, said: readonly string[], domains: readonly string[], flow: Flow): number {
		if (user === '') return NONE
		const meant = this.#candidates(user, said, flow)
		return this.#only(meant.length > 0 ? meant : this.#candidates(user, domains, flow), user, flow)
	}

	#candidates(user: string, domains: readonly string[], { remote }: Flow): number[] {
		const slots = new Set(domains.flatMap((domain) => this.#directory.named(user, domain)))
		return [...slots].filter((slot) => this.#servers.of(slot)?.hosts.has(remote.host))
	}

	/** User parts are of their letter case (RFC 3261 19.1.4), and what comes over an account's own way is its. */
	#only(slots: readonly number[], user: string, { remote }: Flow): number {
		const exact = slots.filter((slot) => this.#directory.facts(slot)?.username === user)
		const left = exact.length > 0 ? exact : slots
		if (left.length <= 1) return left[0] ?? NONE
		const near = left.filter((slot) => this.#servers.of(slot)?.isAt(remote))
		return near.length === 1 ? (near[0] ?? NONE) : NONE
	}

	#domainsAt(host: string): string[] {
		const domains = new Set<string>()
		for (const server of this.#servers.at(host)) {
			for (const domain of server.domains) if (domains.size < MOST_DOMAINS) domains.add(domain)
			if (domains.size >= MOST_DOMAINS) break
		}
		return [...domains]
	}
}

function addressOf(text: string): Address {
	const uri = parseUri(text)
	if (uri?.scheme !== 'sip' && uri?.scheme !== 'sips') return { user: '', domains: [] }
	const domains = uri.port === undefined ? [uri.host] : [`${uri.host}:${uri.port}`, uri.host]
	return { user: unescapeUriPart(uri.user ?? ''), domains }
}
