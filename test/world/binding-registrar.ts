import { buildResponse, type HeaderPair, headerList, parseNameAddr, type SipRequest } from '@vigil/sip'
import { openSipWire, type SipWire, type WirePeer } from '@vigil/testkit'

/**
 * What becomes of a second binding: both are kept, the newer one stays, or it is refused. `first`: the newer one stays, the
 * first contact of a REGISTER alone is processed, any removal ends every binding of the user, and questions are refused
 * (FreeSWITCH's default profile).
 */
export type BindingPolicy = 'many' | 'overwrite' | 'refuse' | 'first'

/** What a REGISTER wanted of our contact, or that it only asked. */
export type RegisterKind = 'bind' | 'remove' | 'query'

/** A SIP server with one address-of-record, without passwords; the test says what devices have bound there. */
export class BindingRegistrar {
	readonly #wire: SipWire
	readonly #policy: BindingPolicy
	/** Contact URIs bound now. */
	readonly contacts = new Set<string>()
	/** Seconds that bindings of the phone are listed with. */
	phoneLastsSeconds = 600
	/** Of a REGISTER with several contacts the first one alone is processed. */
	firstContactAlone = false
	/** Whether there was a moment without any binding since there was one. */
	wasEmpty = false
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
			if (kind !== this.silentTo) this.#respond(message, kind, from)
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
		this.#unbind(this.phone)
	}

	/** The phone takes the place of that contact by one REGISTER. */
	swapPhone(replaced: string): void {
		this.contacts.delete(replaced)
		this.#bind(this.phone)
	}

	count(kind: RegisterKind): number {
		return this.came.filter((one) => one === kind).length
	}

	close(): Promise<void> {
		return this.#wire.close()
	}

	#respond(request: SipRequest, kind: RegisterKind, from: WirePeer): void {
		const [uri = '', ...removed] = headerList(request.headers, 'Contact').map((text) => parseNameAddr(text)?.uri ?? '')
		const replaced = this.#policy === 'first' || this.firstContactAlone ? [] : removed
		const left = [...this.contacts].filter((contact) => contact !== uri && !replaced.includes(contact))
		const refused =
			(kind === 'bind' && this.#policy === 'refuse' && left.length > 0) ||
			(kind === 'query' && this.#policy === 'first')
		if (kind === 'bind' && !refused) {
			for (const contact of replaced) this.contacts.delete(contact)
			this.#bind(uri)
		}
		if (kind === 'remove') this.#unbind(uri)
		const shown =
			this.#policy === 'first' ? [...this.contacts].filter((contact) => contact === uri) : [...this.contacts]
		const listed = shown.map((contact): HeaderPair => ['Contact', `<${contact}>;expires=${this.#lasts(contact)}`])
		const headers = refused ? [] : listed
		this.#wire.send(buildResponse(request, refused ? 403 : 200, undefined, { toTag: 'registrar', headers }), from)
	}

	#lasts(contact: string): number {
		return contact === this.phone ? this.phoneLastsSeconds : 600
	}

	#unbind(contact: string): void {
		if (this.#policy === 'first') this.contacts.clear()
		else this.contacts.delete(contact)
		this.wasEmpty ||= this.contacts.size === 0
	}

	#bind(contact: string): void {
		if (this.#policy === 'overwrite' || this.#policy === 'first') this.contacts.clear()
		this.contacts.add(contact)
		this.mostTogether = Math.max(this.mostTogether, this.contacts.size)
	}
}

function kindOf({ headers }: SipRequest): RegisterKind {
	if (!headers.has('Contact')) return 'query'
	return /;expires=0$/.test(headerList(headers, 'Contact')[0] ?? '') ? 'remove' : 'bind'
}
