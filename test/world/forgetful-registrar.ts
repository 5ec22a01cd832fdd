import type { Clock } from '@vigil/runtime'
import {
	buildRequest,
	buildResponse,
	formatChallenge,
	type HeaderPair,
	parseAuthorization,
	parseNameAddr,
	type SipRequest,
} from '@vigil/sip'
import { openSipWire, type SipWire, type WirePeer } from '@vigil/testkit'

/** A REGISTER as it came, copies apart. */
export interface CameRegister {
	/** By the clock of the test. */
	readonly atMs: number
	readonly user: string
	readonly kind: 'bind' | 'remove' | 'query'
	readonly status: number
}

/** A SIP server that keeps its bindings and nonces in memory, over UDP and TCP, by the clock of the test. */
export class ForgetfulRegistrar {
	readonly registers: CameRegister[] = []
	/** Contacts by user, with the way to it. */
	readonly bound = new Map<string, { readonly contact: string; readonly by: WirePeer }>()
	/** Says nothing to anybody. */
	isSilent = false
	/** Whether a REGISTER without Contact is answered with what is bound. */
	lists = true
	/** Refuses with that status and Retry-After. */
	refusal: { readonly status: number; readonly retryAfterSeconds: number } | undefined
	readonly #wire: SipWire
	readonly #clock: Clock
	readonly #responded = new Set<string>()
	#life = 1
	#pings = 0

	private constructor(wire: SipWire, clock: Clock) {
		this.#wire = wire
		this.#clock = clock
		wire.onMessage((message, from) => {
			if (message.kind === 'request' && message.method === 'REGISTER' && !this.isSilent) this.#receive(message, from)
		})
	}

	static async start(clock: Clock): Promise<ForgetfulRegistrar> {
		return new ForgetfulRegistrar(await openSipWire({}), clock)
	}

	get port(): number {
		return this.#wire.port
	}

	/** Its process ends and another begins. */
	restart(): void {
		this.bound.clear()
		this.forgetNonces()
	}

	forgetNonces(): void {
		this.#life++
	}

	/** Cuts every connection. */
	dropConnections(): void {
		this.#wire.dropConnections()
	}

	/** Asks the user's contact for its options. */
	ping(user: string): void {
		const binding = this.bound.get(user)
		if (!binding) return
		const { contact, by } = binding
		const id = `ping${++this.#pings}`
		const headers: HeaderPair[] = [
			['Via', `SIP/2.0/${by.transport.toUpperCase()} 127.0.0.1:${this.port};branch=z9hG4bK${id}`],
			['Max-Forwards', '70'],
			['From', `<sip:ping@127.0.0.1>;tag=${id}`],
			['To', `<${contact}>`],
			['Call-ID', id],
			['CSeq', '1 OPTIONS'],
		]
		this.#wire.send(buildRequest({ method: 'OPTIONS', uri: contact, headers }), by)
	}

	/** REGISTERs since then that bind, by user. */
	boundSince(atMs: number): Set<string> {
		const binds = this.registers.filter((one) => one.atMs >= atMs && one.kind === 'bind' && one.status === 200)
		return new Set(binds.map(({ user }) => user))
	}

	close(): Promise<void> {
		return this.#wire.close()
	}

	#receive(request: SipRequest, from: WirePeer): void {
		const { headers } = request
		const user = /sip:([^@]+)@/.exec(headers.get('To') ?? '')?.[1] ?? ''
		const contact = headers.get('Contact')
		const kind = contact === undefined ? 'query' : headers.get('Expires') === '0' ? 'remove' : 'bind'
		const status = this.#statusOf(request)
		const key = `${headers.get('Call-ID')} ${headers.get('CSeq')}`
		if (!this.#responded.has(key)) this.registers.push({ atMs: this.#clock.now(), user, kind, status })
		this.#responded.add(key)
		if (status === 200 && kind === 'bind') {
			this.bound.set(user, { contact: parseNameAddr(contact ?? '')?.uri ?? '', by: from })
		}
		if (status === 200 && kind === 'remove') this.bound.delete(user)
		this.#wire.send(
			buildResponse(request, status, undefined, { toTag: 'pbx', headers: this.#fields(status, kind, user) }),
			from,
		)
	}

	#statusOf({ headers }: SipRequest): number {
		if (this.refusal) return this.refusal.status
		const nonce = parseAuthorization(headers.get('Authorization') ?? '')?.nonce
		return nonce === `life${this.#life}` ? 200 : 401
	}

	#fields(status: number, kind: CameRegister['kind'], user: string): HeaderPair[] {
		if (this.refusal) return [['Retry-After', String(this.refusal.retryAfterSeconds)]]
		if (status === 401) {
			const challenge = { realm: 'pbx', nonce: `life${this.#life}`, algorithm: 'MD5', qop: ['auth'] } as const
			return [['WWW-Authenticate', formatChallenge(challenge)]]
		}
		const binding = this.bound.get(user)
		if (!binding || (kind === 'query' && !this.lists)) return []
		return [['Contact', `<${binding.contact}>;expires=600`]]
	}
}
