import { realClock } from '@vigil/runtime'
import {
	BoundedMap,
	buildResponse,
	callIdOf,
	type HeaderPair,
	parseCSeq,
	type SipRequest,
	type SipResponse,
	serverTransactionKey,
} from '@vigil/sip'
import { ForkingProxy, newOwnTag, type RoutedCall } from './forking-proxy.ts'
import { type Binding, LocationTable } from './location-table.ts'
import { Mailbox } from './mailbox.ts'
import { PlannedResponses } from './planned-responses.ts'
import { userOfAddress } from './proxy-routing.ts'
import { challengeHeaders, type DigestSettings, RegistrarDigest } from './registrar-digest.ts'
import type { RegisterRecord, RegistrarOptions, RegistrarReaction, StartPhase } from './registrar-options.ts'
import { BY_THE_BOOK } from './registrar-ways.ts'
import { applyRegister, type RegistrationSettings, registerContacts } from './registration-rules.ts'
import { openSipWire, type SipWire, type WirePeer } from './sip-wire.ts'

const DEFAULT_SETTINGS: RegistrationSettings = {
	minExpiresSeconds: 0,
	maxExpiresSeconds: 7200,
	defaultExpiresSeconds: 3600,
	maxBindings: 10,
	whenFull: 'replace',
	...BY_THE_BOOK,
}
/** How many answered REGISTERs can be answered again from memory when they are repeated. */
const MAX_REMEMBERED = 10_000

/** A SIP registrar and proxy on real sockets: obeys RFC 3261 section 10 unless told to misbehave, and remembers all it was asked. */
export class ScriptedRegistrar {
	/** Every REGISTER, in order. */
	readonly registers = new Mailbox<RegisterRecord>(({ user, status }) => `REGISTER of ${user} (${status ?? 'dropped'})`)
	readonly wire: SipWire
	readonly realm: string
	readonly #settings: RegistrationSettings
	readonly #passwords: Map<string, string>
	readonly #digest: RegistrarDigest
	readonly #table = new LocationTable()
	readonly #proxy: ForkingProxy
	readonly #reactions = new PlannedResponses<RegistrarReaction>()
	/** By transaction; without a response while it is delayed. */
	readonly #responded = new BoundedMap<string, SipResponse | undefined>(MAX_REMEMBERED)
	readonly #challengeCalls: boolean
	readonly #startPhase: StartPhase
	#startedAtMs = realClock.now()

	constructor(wire: SipWire, options: RegistrarOptions) {
		this.wire = wire
		this.realm = options.realm ?? 'example.test'
		this.#settings = { ...DEFAULT_SETTINGS, ...definedSettings(options) }
		this.#passwords = new Map(Object.entries(options.users ?? {}))
		this.#digest = new RegistrarDigest(digestSettings(this.realm, options), this.#passwords)
		this.#challengeCalls = options.challengeCalls ?? false
		this.#startPhase = options.startPhase ?? { lastsMs: 0, retryAfterSeconds: 0 }
		this.#proxy = new ForkingProxy({
			wire,
			table: this.#table,
			now: realClock.now,
			isUser: (user) => this.#passwords.has(user),
			recordRoute: options.recordRoute ?? false,
			noAnswerMs: options.noAnswerMs ?? 180_000,
		})
		if (this.#settings.connectionEnd === 'removes') wire.onConnectionEnd((peer) => this.#table.removeFrom(peer))
		wire.onMessage((message, from) => {
			if (message.kind === 'response') this.#proxy.handleResponse(message)
			else if (message.method === 'REGISTER') this.#onRegister(message, from)
			else this.#onOther(message, from)
		})
	}

	get host(): string {
		return this.wire.host
	}

	get port(): number {
		return this.wire.port
	}

	/** Every INVITE for one of the users that had a binding. */
	get calls(): Mailbox<RoutedCall> {
		return this.#proxy.calls
	}

	/** Adds a user, or changes the password of one. */
	setUser(user: string, password: string): void {
		this.#passwords.set(user, password)
	}

	removeUser(user: string): void {
		this.#passwords.delete(user)
		this.#table.clear(user)
	}

	/** The live bindings of a user, the latest last. */
	bindings(user: string): Binding[] {
		return this.#table.of(user, realClock.now())
	}

	/** Forgets the bindings of a user, as a registrar that was restarted does. */
	dropBindings(user: string): void {
		this.#table.clear(user)
	}

	/** Starts anew: connections, bindings and nonces are gone, and the start phase begins. */
	restart(): void {
		this.#startedAtMs = realClock.now()
		this.#table.clearAll()
		this.#digest.expireNonces()
		this.wire.dropConnections()
	}

	/** Makes every nonce handed out so far stale. */
	expireNonces(): void {
		this.#digest.expireNonces()
	}

	/** Reacts so to the next REGISTERs of anybody. */
	reactNext(reaction: RegistrarReaction, count = 1): void {
		this.#reactions.forNext(reaction, count)
	}

	/** Reacts so to each REGISTER of the user until told otherwise. */
	reactTo(user: string, reaction: RegistrarReaction): void {
		this.#reactions.forToken(user, reaction)
	}

	/** Does its duty again. */
	reactNormally(): void {
		this.#reactions.clear()
	}

	close(): Promise<void> {
		return this.wire.close()
	}

	#onRegister(request: SipRequest, from: WirePeer): void {
		const key = serverTransactionKey(request) ?? ''
		if (this.#responded.has(key)) {
			const repeated = this.#responded.get(key)
			if (repeated) this.wire.send(repeated, from)
			return
		}
		const user = userOfAddress(request.headers.get('To')) ?? ''
		const reaction = this.#reactions.take(user)
		if (reaction?.kind === 'drop') {
			this.#record(request, user, from, undefined)
			return
		}
		const refused = reaction?.kind === 'refuse' ? refusal(request, reaction) : this.#notReady(request)
		const response = refused ?? this.#doDuty(request, user, from)
		this.#remember(key, undefined)
		const send = () => {
			this.#remember(key, response)
			this.wire.send(response, from)
			this.#record(request, user, from, response.status)
		}
		if (reaction?.kind === 'delay') setTimeout(send, reaction.delayMs).unref()
		else send()
	}

	#notReady(request: SipRequest): SipResponse | undefined {
		const { lastsMs, retryAfterSeconds } = this.#startPhase
		if (realClock.now() - this.#startedAtMs >= lastsMs) return undefined
		return respond(request, 503, [['Retry-After', String(retryAfterSeconds)]])
	}

	#doDuty(request: SipRequest, user: string, from: WirePeer): SipResponse {
		const nowMs = realClock.now()
		const verdict = this.#digest.check(request, 'Authorization', nowMs)
		if (!verdict.ok) return respond(request, 401, challengeHeaders('WWW-Authenticate', verdict.challenges))
		// The one who proved a password may change the bindings of that user only (10.3 step 4).
		if (verdict.username !== user) return respond(request, 403, [])
		const { status, reason, headers } = applyRegister(request, user, from, this.#table, this.#settings, nowMs)
		return respond(request, status, status < 300 ? [...headers, ...verdict.info] : headers, reason)
	}

	#onOther(request: SipRequest, from: WirePeer): void {
		const caller = userOfAddress(request.headers.get('From')) ?? ''
		if (this.#challengeCalls && request.method === 'INVITE' && this.#passwords.has(caller)) {
			const verdict = this.#digest.check(request, 'Proxy-Authorization', realClock.now())
			if (!verdict.ok) {
				this.wire.send(respond(request, 407, challengeHeaders('Proxy-Authenticate', verdict.challenges)), from)
				return
			}
			request.headers.remove('Proxy-Authorization')
		}
		this.#proxy.handleRequest(request, from)
	}

	#record(request: SipRequest, user: string, from: WirePeer, status: number | undefined): void {
		this.registers.push({
			atMs: realClock.now(),
			user,
			callId: callIdOf(request),
			cseq: parseCSeq(request.headers.get('CSeq') ?? '')?.number ?? 0,
			contacts: registerContacts(request, this.#settings.defaultExpiresSeconds),
			hasCredentials: request.headers.has('Authorization'),
			from,
			request,
			status,
		})
	}

	#remember(key: string, response: SipResponse | undefined): void {
		this.#responded.set(key, response)
	}
}

/** Starts a registrar and proxy on UDP and TCP of one port. */
export async function startScriptedRegistrar(options: RegistrarOptions = {}): Promise<ScriptedRegistrar> {
	return new ScriptedRegistrar(await openSipWire(options), options)
}

function digestSettings(realm: string, options: RegistrarOptions): DigestSettings {
	return {
		realm,
		algorithms: options.algorithms ?? ['SHA-256', 'MD5'],
		qop: options.qop ?? 'auth',
		nonceLifetimeMs: options.nonceLifetimeMs ?? 300_000,
		oneTimeNonces: options.oneTimeNonces ?? false,
		nextNonce: options.nextNonce ?? false,
	}
}

function definedSettings(options: Partial<RegistrationSettings>): Partial<RegistrationSettings> {
	const names = Object.keys(DEFAULT_SETTINGS) as (keyof RegistrationSettings)[]
	return Object.fromEntries(names.flatMap((name) => (options[name] === undefined ? [] : [[name, options[name]]])))
}

function refusal(request: SipRequest, reaction: Extract<RegistrarReaction, { kind: 'refuse' }>): SipResponse {
	return respond(request, reaction.status, reaction.headers ?? [], reaction.reason)
}

function respond(request: SipRequest, status: number, headers: readonly HeaderPair[], reason?: string): SipResponse {
	return buildResponse(request, status, reason, { toTag: newOwnTag(), headers })
}
