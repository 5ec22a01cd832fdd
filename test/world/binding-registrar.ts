import { buildResponse, type HeaderPair, headerList, parseNameAddr, type SipRequest } from '@vigil/sip'
import { openSipWire, type SipWire, type WirePeer } from '@vigil/testkit'

/** What becomes of a second binding: both are kept, the newer one stays, or it is refused. */
export type BindingPolicy = 'many' | 'overwrite' | 'refuse'

/** What a REGISTER wanted of our contact, or that it only asked. */
export type RegisterKind = 'bind' | 'remove' | 'ask'

/** A SIP server with one address-of-record, without passwords; the test says what devices have bound there. */
export class BindingRegistrar {
	readonly #wire: SipWire
	readonly #policy: BindingPolicy
	/** Contact URIs bound now. */
	readonly contacts = new Set<string>()
	/** What the service has sent, in order. */
	readonly came: RegisterKind[] = []
	/** Most contacts that were ever bound together. */
	mostTogether = 0
	/** Lets the answers of that kind be given to nobody. */
	silentTo: RegisterKind | undefined

	private constructor(wire: SipWire, policy: BindingPolicy) {
		this.#wire = wire
		this.#policy = policy
		const seen = new Set<string>()
		wire.onMessage((message, from) => {
			if (message.kind !== 'request' || message.method !== 'REGISTER') return
			const kind = kindOf(message)
			const key = `${message.headers.get('Call-ID')} ${message.headers.get('CSeq')}`
			if (!seen.has(key)) this.came.push(kind)
			seen.add(key)
			if (kind !== this.silentTo) this.#answer(message, kind, from)
		})
	}

	static async start(policy: BindingPolicy): Promise<BindingRegistrar> {
		return new BindingRegistrar(await openSipWire({}), policy)
	}

	get port(): number {
		return this.#wire.port
	}

	/** The phone's own contact. */
	readonly phone = 'sip:phone@198.51.100.7'

	get hasPhone(): boolean {
		return this.contacts.has(this.phone)
	}

	/** Whether the service is bound. */
	get hasService(): boolean {
		return this.contacts.size > (this.hasPhone ? 1 : 0)
	}

	/** The phone registers by itself. */
	bindPhone(): void {
		this.#bind(this.phone)
	}

	/** The phone unregisters, or what it had bound ends. */
	unbindPhone(): void {
		this.contacts.delete(this.phone)
	}

	count(kind: RegisterKind): number {
		return this.came.filter((one) => one === kind).length
	}

	close(): Promise<void> {
		return this.#wire.close()
	}

	#answer(request: SipRequest, kind: RegisterKind, from: WirePeer): void {
		const uri = parseNameAddr(headerList(request.headers, 'Contact')[0] ?? '')?.uri ?? ''
		const refused = kind === 'bind' && this.#policy === 'refuse' && this.contacts.size > 0 && !this.contacts.has(uri)
		if (kind === 'bind' && !refused) this.#bind(uri)
		if (kind === 'remove') this.contacts.delete(uri)
		const listed: HeaderPair[] = [...this.contacts].map((contact) => ['Contact', `<${contact}>;expires=600`])
		const headers = refused ? [] : listed
		this.#wire.send(buildResponse(request, refused ? 403 : 200, undefined, { toTag: 'registrar', headers }), from)
	}

	#bind(contact: string): void {
		if (this.#policy === 'overwrite') this.contacts.clear()
		this.contacts.add(contact)
		this.mostTogether = Math.max(this.mostTogether, this.contacts.size)
	}
}

function kindOf({ headers }: SipRequest): RegisterKind {
	if (!headers.has('Contact')) return 'ask'
	return headers.get('Expires') === '0' ? 'remove' : 'bind'
}
