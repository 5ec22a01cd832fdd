import {
	buildResponse,
	formatChallenge,
	type HeaderPair,
	ha1,
	headerList,
	makeNonce,
	parseAuthorization,
	parseCSeq,
	parseNameAddr,
	parseUri,
	type SipRequest,
	verifyAuthorization,
} from '@vigil/sip'
import type { Flow, Listener, ServerTransaction } from '@vigil/sip-transport'
import { type BindingLimits, judgeRegister } from '@vigil/testkit'
import { OutgoingInvite, type PlacedCall } from './outgoing-invite.ts'
import type { SimulatedProcess } from './process.ts'
import { UserAgent } from './user-agent.ts'

const REALM = 'pbx.sim'
const ALGORITHM = 'MD5'
const LIMITS: BindingLimits = {
	minExpiresSeconds: 30,
	maxExpiresSeconds: 600,
	maxBindings: 10,
	whenFull: 'replace',
	processes: 'all',
	zeroRemoves: 'contact',
}

/** A binding of one address-of-record. */
export interface ServerBinding {
	/** The Contact URI. */
	readonly name: string
	readonly callId: string
	readonly cseq: number
	readonly untilMs: number
}

/** What the judge wants to know of the registrar. */
export interface RegistrarWatch {
	/** A REGISTER that was not seen before. */
	registered(user: string, callId: string, cseq: number, atMs: number): void
	/** What is bound has changed. */
	bound(user: string, bindings: readonly ServerBinding[], atMs: number): void
}

/** The SIP server of a tenant: a registrar by RFC 3261 10.3 with passwords, and the callers behind it. */
export class SipServer {
	readonly process: SimulatedProcess
	readonly #agent: UserAgent
	readonly #password: string
	readonly #watch: RegistrarWatch
	readonly #bindings = new Map<string, readonly ServerBinding[]>()
	readonly #calls = new Map<string, OutgoingInvite>()
	#socket: Listener | undefined

	constructor(process: SimulatedProcess, password: string, watch: RegistrarWatch) {
		this.process = process
		this.#password = password
		this.#watch = watch
		this.#agent = new UserAgent(process, {
			onRequest: (transaction) => this.#receive(transaction),
			onResponse2xx: (response) => this.#calls.get(response.headers.get('Call-ID') ?? '')?.repeated(response),
		})
	}

	async open(): Promise<void> {
		this.#socket = await this.#agent.manager.listen({ transport: 'udp', host: this.process.address, port: 5060 })
	}

	/** Those that a call would reach. */
	bindingsOf(user: string): readonly ServerBinding[] {
		const nowMs = this.process.clock.now()
		return (this.#bindings.get(user) ?? []).filter(({ untilMs }) => untilMs > nowMs)
	}

	get openTransactions(): number {
		const { clientTransactions, serverTransactions } = this.#agent.endpoint.counters
		return clientTransactions + serverTransactions
	}

	/** Forgets every binding, as a server that is started anew does. */
	forget(): void {
		this.#bindings.clear()
	}

	/** Calls the contact; `cancelAfterMs` gives up where nobody has answered by then. */
	async call(contact: string, user: string, cancelAfterMs: number | undefined, talkMs: number): Promise<PlacedCall> {
		const uri = parseUri(contact)
		if (uri?.scheme !== 'sip' || !this.#socket) throw new Error(`${contact} cannot be called`)
		const target = { transport: 'udp', host: uri.host, port: uri.port ?? 5060, via: this.#socket } as const
		const flow = await this.#agent.manager.connect(target)
		const invite = new OutgoingInvite(this.#agent, flow, { contact, user, cancelAfterMs, talkMs })
		this.#calls.set(invite.call.callId, invite)
		invite.begin()
		return invite.call
	}

	#receive(transaction: ServerTransaction): void {
		const { request, flow } = transaction
		if (request.method === 'REGISTER') this.#register(transaction, flow)
		else if (request.method === 'BYE') {
			this.#calls.get(request.headers.get('Call-ID') ?? '')?.ended()
			this.#agent.answer(transaction, 200)
		} else this.#agent.answer(transaction, request.method === 'OPTIONS' ? 200 : 481, 'server')
	}

	#register(transaction: ServerTransaction, _flow: Flow): void {
		const { request } = transaction
		const nowMs = this.process.clock.now()
		const user = userOf(request)
		const callId = request.headers.get('Call-ID') ?? ''
		const cseq = parseCSeq(request.headers.get('CSeq') ?? '')?.number ?? 0
		this.#watch.registered(user, callId, cseq, nowMs)
		if (!this.#isProven(request, user)) {
			const nonce = makeNonce('the key of the registrar', nowMs)
			const challenge = formatChallenge({ realm: REALM, nonce, algorithm: ALGORITHM, stale: false, qop: ['auth'] })
			this.#respond(transaction, 401, [['WWW-Authenticate', challenge]])
			return
		}
		const held = this.bindingsOf(user)
		const asked = contactsOf(request)
		const contacts = asked.map(({ name, seconds }) => ({ name, seconds }))
		const verdict = judgeRegister({ callId, cseq, contacts }, held, LIMITS)
		if (verdict.status !== 200) {
			this.#respond(transaction, verdict.status, verdict.status === 423 ? [['Min-Expires', '30']] : [])
			return
		}
		const kept = verdict.kept.flatMap(({ name, grantedSeconds }): readonly ServerBinding[] =>
			grantedSeconds === undefined
				? held.filter((binding) => binding.name === name)
				: [{ name, callId, cseq, untilMs: nowMs + grantedSeconds * 1000 }],
		)
		this.#bindings.set(user, kept)
		this.#watch.bound(user, kept, nowMs)
		const lasts = ({ untilMs }: ServerBinding) => Math.round((untilMs - nowMs) / 1000)
		this.#respond(
			transaction,
			200,
			kept.map((binding): HeaderPair => ['Contact', `<${binding.name}>;expires=${lasts(binding)}`]),
		)
	}

	#respond(transaction: ServerTransaction, status: number, headers: readonly HeaderPair[]): void {
		transaction.respond(buildResponse(transaction.request, status, undefined, { toTag: 'registrar', headers }))
	}

	#isProven(request: SipRequest, user: string): boolean {
		const authorization = request.headers.all('Authorization').map(parseAuthorization)[0]
		if (!authorization) return false
		const { method, body } = request
		return verifyAuthorization({
			authorization,
			method,
			body,
			algorithms: [ALGORITHM],
			ha1: (algorithm) => ha1(algorithm, user, REALM, this.#password),
		})
	}
}

function userOf(request: SipRequest): string {
	const uri = parseUri(parseNameAddr(request.headers.get('To') ?? '')?.uri ?? '')
	return uri?.scheme === 'sip' ? (uri.user ?? '') : ''
}

function contactsOf({ headers }: SipRequest): readonly { readonly name: string; readonly seconds: number }[] {
	const usual = headers.get('Expires') ?? '600'
	return headerList(headers, 'Contact').flatMap((text) => {
		const contact = parseNameAddr(text)
		return contact ? [{ name: contact.uri, seconds: Number(contact.params.get('expires') ?? usual) }] : []
	})
}
