import { BindingToken, CallChallenges, CallContact, type CallEndpoint, type CallSide } from '@vigil/call-control'
import type { Account } from '@vigil/domain'
import type { RandomText } from '@vigil/runtime'
import { parseNameAddr, type SipMessage, type SipRequest, type SipResponse } from '@vigil/sip'
import type { Flow } from '@vigil/sip-transport'
import type { AccountCredentials } from '../registrations/account-credentials.ts'
import type { UpstreamSide } from '../upstream/upstream-side.ts'
import { CallUpstreamPath } from './call-upstream-path.ts'
import type { UpstreamPaths } from './outgoing/upstream-paths.ts'

export interface AccountSideDeps {
	readonly endpoint: CallEndpoint
	readonly upstream: Pick<UpstreamSide, 'flowTo' | 'addressesOf' | 'heard' | 'hostPortFor'>
	readonly paths: UpstreamPaths
	readonly credentials: Pick<AccountCredentials, 'answer'>
	readonly random: RandomText
}

/** The side of an account's call that faces its SIP server: to the server it is a call of a softphone that is registered there. */
export class AccountSide implements CallSide {
	readonly endpoint: CallEndpoint
	readonly #deps: AccountSideDeps
	readonly #account: Account
	readonly #path: CallUpstreamPath
	readonly #contact: CallContact
	readonly #bindingToken: BindingToken
	readonly #challenges: CallChallenges
	/** Where the first request of an outgoing call went. */
	#firstHost: string | undefined

	constructor(deps: AccountSideDeps, account: Account) {
		const { upstream, paths, credentials, random } = deps
		this.endpoint = deps.endpoint
		this.#deps = deps
		this.#account = account
		this.#path = new CallUpstreamPath({ upstream, registeredBy: () => paths.openFlowOf(account.id) }, account)
		this.#contact = new CallContact(account, random)
		this.#bindingToken = new BindingToken(account, this.#contact.token)
		this.#challenges = new CallChallenges((request, held) => credentials.answer(account.id, request, held))
	}

	get contactToken(): string {
		return this.#contact.token
	}

	get routes(): readonly string[] {
		return this.#deps.paths.serviceRouteOf(this.#account.id)
	}

	contactFor(flow: Flow): string {
		return this.#contact.at(this.sentByFor(flow))
	}

	sentByFor(flow: Flow): string {
		return this.#deps.upstream.hostPortFor(flow, this.#account)
	}

	invitedBy(flow: Flow, invite: SipRequest): void {
		this.#path.invitedBy(flow, invite)
	}

	cameBy(flow: Flow, request: SipRequest): void {
		this.#path.cameBy(flow, request)
	}

	async firstFlow(): Promise<Flow> {
		const flow = await this.#firstPath()
		if (this.#firstHost === undefined) {
			this.#firstHost = flow.remote.host
			this.#path.leftBy(flow)
		}
		return flow
	}

	flowTo(uri: string): Promise<Flow> {
		return this.#path.flowTo(uri)
	}

	/**
	 * A caller is anybody, and whoever is called may name any next hop: only the account's own server is answered, and the path that it has
	 * given.
	 */
	async credentialsFor(
		request: SipRequest,
		response: SipResponse,
		flow: Flow,
	): Promise<(readonly [name: string, value: string])[]> {
		const isOwn = flow.remote.host === this.#firstHost || this.#deps.paths.isOwnServer(this.#account.id, flow)
		return isOwn ? this.#challenges.answer(request, response) : []
	}

	withoutSecrets<Message extends SipMessage>(message: Message): Message {
		return this.#bindingToken.removedFrom(message)
	}

	/** The path of the account's REGISTERs, unless the registrar named another (RFC 3608 5). */
	#firstPath(): Promise<Flow> {
		const { paths } = this.#deps
		const { id, attributes } = this.#account
		const [first] = this.routes
		if (first === undefined || attributes.outboundProxy !== undefined) return paths.flowOf(id)
		// The Service-Route of a registrar that was reached by a connection is, as a rule, at its other end.
		const registered = paths.openFlowOf(id)
		if (registered) this.#path.leftBy(registered)
		return this.#path.flowTo(parseNameAddr(first)?.uri ?? first)
	}
}
