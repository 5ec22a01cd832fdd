import type { OwnContact } from '@vigil/domain'
import type { ResponseView } from '@vigil/sip'
import { type BindingLimits, judgeRegister } from '@vigil/testkit'
import type { RegistrarTraits, ServerWays } from '../scenario/scenario.ts'
import type { Agenda } from './agenda.ts'

/** Whose contact: our own, or that of a phone by its number. */
export type Party = 'service' | number

export interface Register {
	readonly from: Party
	readonly callId: string
	readonly cseq: number
	/** Undefined has no Contact and asks for the bindings (RFC 3261 10.2.3); 0 removes. */
	readonly expiresSeconds: number | undefined
	/** Removed by the same REGISTER, in Contacts that stand after its own (RFC 3261 10.3 step 7). */
	readonly removes?: readonly Party[]
	/** The nonces that its credentials answer; undefined for a party that is not challenged. */
	readonly nonces: readonly string[] | undefined
	/** Under which of the account's modes, counted, it was decided; see `Store.era`. */
	readonly era: number
	readonly sentAtMs: number
}

export interface Binding {
	/** What the registrar tells it from others by. */
	readonly name: string
	readonly party: Party
	readonly callId: string
	readonly cseq: number
	readonly untilMs: number
	readonly lastsMs: number
	readonly sinceMs: number
	readonly era: number
}

/** Our Contact as sent. */
export const OUR_CONTACT: OwnContact = { contactUser: 'vigil', contactUri: 'sip:vigil@192.0.2.1', aor: 'sip:alice@pbx' }

/** Virtual time is in floating-point milliseconds. */
const ROUNDING = 1e-6

/** What has changed the bindings: a REGISTER, or none. */
export type Cause = Register | 'expiry' | 'connection-end' | 'restart'

const BY_THE_BOOK: ServerWays = {
	processes: 'all',
	zeroRemoves: 'contact',
	connectionEnd: 'nothing',
	shows: 'as-sent',
	listsOthersOnly: false,
}

interface Refusing {
	status: number
	times: number
	retryAfterSeconds: number
}

/** The registrar of one address-of-record (RFC 3261 10.3), with the traits of the server that it stands for. */
export class Registrar {
	readonly refusing: { service: Refusing; phones: Refusing } = { service: nobody(), phones: nobody() }
	/** Told of each change of the bindings, with the REGISTER that made it. */
	onChange: (cause: Cause, before: readonly Binding[]) => void = () => {}
	readonly #traits: RegistrarTraits
	readonly #ways: ServerWays
	readonly #agenda: Agenda
	#bindings: readonly Binding[] = []
	#nonce = 1
	/** The connection of the service, counted; phones keep theirs. */
	#connection = 1
	/** It has forgotten everything once. */
	wasRestarted = false
	/** A phone has taken the service's place. */
	wasReplaced = false
	#startingUntilMs = 0
	#startRetryAfterSeconds = 0

	constructor(traits: RegistrarTraits, agenda: Agenda) {
		this.#traits = traits
		this.#ways = traits.ways ?? BY_THE_BOOK
		this.#agenda = agenda
	}

	/** Those that a call would reach. */
	get bindings(): readonly Binding[] {
		return this.#bindings.filter((binding) => binding.party !== 'service' || binding.name === this.#nameOf('service'))
	}

	of(party: Party): Binding | undefined {
		return this.bindings.find((binding) => binding.party === party)
	}

	/** The connection of the service has ended; whether that means anything here. */
	endConnection(): boolean {
		const { connectionEnd } = this.#ways
		if (connectionEnd === 'nothing') return false
		const others = this.#bindings.filter(({ party }) => party !== 'service')
		this.#connection++
		this.#change(connectionEnd === 'removes' ? others : this.#bindings, 'connection-end')
		return true
	}

	/** Forgets all that it knew, and is not ready for so long. */
	restart(startsMs: number, retryAfterSeconds: number): void {
		this.wasRestarted = true
		this.#startingUntilMs = this.#agenda.nowMs + startsMs
		this.#startRetryAfterSeconds = retryAfterSeconds
		this.#nonce++
		this.#connection++
		this.#change([], 'restart')
	}

	/** Seconds until the party's binding ends, 0 without one. */
	lastsSeconds(party: Party): number {
		const binding = this.of(party)
		return binding ? Math.round((binding.untilMs - this.#agenda.nowMs) / 1000) : 0
	}

	renewNonce(): void {
		this.#nonce++
	}

	receive(register: Register): ResponseView {
		const refused = this.#notReady() ?? this.#refusal(register) ?? this.#challenge(register)
		if (refused) return refused
		const { expiresSeconds } = register
		if (expiresSeconds === undefined) {
			return this.#traits.lists === 'always' ? this.#listing(this.#bindings, register) : answer(403, 'Forbidden')
		}
		const { from, callId, cseq, removes = [] } = register
		this.wasReplaced ||= removes.includes('service')
		const name = this.#nameOf(from)
		const gone = removes.map((party) => ({ name: this.#nameOf(party), seconds: 0 }))
		const contacts = [{ name, seconds: expiresSeconds }, ...gone]
		const verdict = judgeRegister({ callId, cseq, contacts }, this.#bindings, this.#limits())
		switch (verdict.status) {
			case 400:
				return answer(400, 'Invalid CSeq Number')
			case 403:
				return answer(403, 'Forbidden')
			case 423:
				return answer(423, 'Interval Too Brief', [['Min-Expires', String(this.#traits.minSeconds)]])
		}
		const kept = verdict.kept.flatMap(({ name: one, grantedSeconds }): readonly Binding[] => {
			if (grantedSeconds !== undefined) return [this.#newBinding(register, one, grantedSeconds)]
			return this.#bindings.filter((binding) => binding.name === one)
		})
		this.#change(kept, register)
		const shown = this.#ways.listsOthersOnly ? kept.filter((binding) => binding.name !== name) : kept
		return this.#listing(shown, register)
	}

	/** A party has one binding, and where bindings are known by the connection one for each. */
	#nameOf(party: Party): string {
		const byConnection = party === 'service' && this.#ways.connectionEnd === 'strands'
		return byConnection ? `service by ${this.#connection}` : String(party)
	}

	#limits(): BindingLimits {
		const { second, minSeconds, grantsSeconds } = this.#traits
		const { processes, zeroRemoves } = this.#ways
		return {
			processes,
			zeroRemoves,
			minExpiresSeconds: minSeconds,
			maxExpiresSeconds: Math.max(minSeconds, grantsSeconds),
			maxBindings: second === 'kept' ? Number.POSITIVE_INFINITY : 1,
			whenFull: second === 'refused' ? 'refuse' : 'replace',
		}
	}

	#newBinding({ from, callId, cseq, era }: Register, name: string, grantedSeconds: number): Binding {
		const lastsMs = 1000 * grantedSeconds
		const now = this.#agenda.nowMs
		const sinceMs = this.of(from)?.sinceMs ?? now
		const binding: Binding = { name, party: from, callId, cseq, era, sinceMs, lastsMs, untilMs: now + lastsMs }
		this.#agenda.plan(lastsMs, () => {
			if (this.#bindings.includes(binding)) {
				this.#change(
					this.#bindings.filter((other) => other !== binding),
					'expiry',
				)
			}
		})
		return binding
	}

	#change(bindings: readonly Binding[], cause: Cause): void {
		const before = this.bindings
		this.#bindings = bindings
		this.onChange(cause, before)
	}

	#refusal(register: Register): ResponseView | undefined {
		const refusing = register.from === 'service' ? this.refusing.service : this.refusing.phones
		if (refusing.times === 0) return undefined
		refusing.times--
		const { status, retryAfterSeconds } = refusing
		return answer(status, 'Refused', retryAfterSeconds > 0 ? [['Retry-After', String(retryAfterSeconds)]] : [])
	}

	#challenge({ nonces }: Register): ResponseView | undefined {
		const nonce = `n${this.#nonce}`
		if (!this.#traits.challenges || nonces === undefined || nonces.includes(nonce)) return undefined
		const stale = nonces.length > 0 ? ', stale=true' : ''
		const text = `Digest realm="pbx", nonce="${nonce}", algorithm=MD5, qop="auth"${stale}`
		return answer(401, 'Unauthorized', [['WWW-Authenticate', text]])
	}

	#notReady(): ResponseView | undefined {
		if (this.#agenda.nowMs >= this.#startingUntilMs) return undefined
		return answer(503, 'Service Unavailable', [['Retry-After', String(this.#startRetryAfterSeconds)]])
	}

	#listing(shown: readonly Binding[], { from }: Register): ResponseView {
		if (this.#traits.lists === 'never') return answer(200, 'OK', [['Expires', String(this.lastsSeconds(from))]])
		const now = this.#agenda.nowMs
		const contacts = shown.map((binding) => {
			return `<${shownContact(binding.party, this.#ways.shows)}>;expires=${Math.ceil((binding.untilMs - now) / 1000 - ROUNDING)}`
		})
		const listed: readonly (readonly [string, string])[] =
			contacts.length === 0 ? [] : [['Contact', contacts.join(', ')]]
		if (!this.#ways.listsOthersOnly) return answer(200, 'OK', listed)
		// It has to say somewhere what it grants.
		return answer(200, 'OK', [...listed, ['Expires', String(this.lastsSeconds(from))]])
	}
}

/** The contact of a party as the registrar lists it. */
function shownContact(party: Party, shows: ServerWays['shows'] = 'as-sent'): string {
	const user = party === 'service' ? OUR_CONTACT.contactUser : `phone${party}`
	switch (shows) {
		case 'as-sent':
			return `sip:${user}@192.0.2.1`
		case 'source':
			return `sip:${user}@203.0.113.7:40123;transport=tcp`
		case 'escaped-user':
			return `sip:%${user.charCodeAt(0).toString(16)}${user.slice(1)}@192.0.2.1`
		case 'own-user':
			return `sip:reg-${party === 'service' ? 0 : party + 1}@203.0.113.7`
	}
}

function nobody(): Refusing {
	return { status: 0, times: 0, retryAfterSeconds: 0 }
}

function answer(status: number, reason: string, fields: readonly (readonly [string, string])[] = []): ResponseView {
	return {
		status,
		reason,
		headers: {
			get: (name) => fields.find(([field]) => field === name)?.[1],
			all: (name) => fields.filter(([field]) => field === name).map(([, value]) => value),
		},
	}
}

/** Whose contact it is, in whatever way it is shown; undefined for nobody's. */
export function partyOf(contact: string): Party | undefined {
	const [, escaped = '', user = ''] = /^sip:(%[0-9a-f]{2})?([^@]*)@/.exec(contact) ?? []
	const name = escaped === '' ? user : String.fromCharCode(Number.parseInt(escaped.slice(1), 16)) + user
	if (name === OUR_CONTACT.contactUser || name === 'reg-0') return 'service'
	const [, sort, number] = /^(phone|reg-)(\d+)$/.exec(name) ?? []
	return number === undefined ? undefined : Number(number) - (sort === 'phone' ? 0 : 1)
}
