import type { OwnContact } from '@vigil/domain'
import type { ResponseView } from '@vigil/sip'
import type { RegistrarTraits } from '../scenario/scenario.ts'
import type { Agenda } from './agenda.ts'

/** Whose contact: our own, or that of a phone by its number. */
export type Party = 'service' | number

export interface Register {
	readonly from: Party
	readonly callId: string
	readonly cseq: number
	/** Undefined has no Contact and asks for the bindings (RFC 3261 10.2.3); 0 removes. */
	readonly expiresSeconds: number | undefined
	/** The nonces that its credentials answer; undefined for a party that is not challenged. */
	readonly nonces: readonly string[] | undefined
	/** Under which of the account's modes, counted, it was decided; see `Store.era`. */
	readonly era: number
	readonly sentAtMs: number
}

export interface Binding {
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

interface Refusing {
	status: number
	times: number
	retryAfterSeconds: number
}

/** The registrar of one address-of-record (RFC 3261 10.3), with the traits of the server that it stands for. */
export class Registrar {
	readonly refusing: { service: Refusing; phones: Refusing } = { service: nobody(), phones: nobody() }
	/** Told of each change of the bindings, with the REGISTER that made it. */
	onChange: (cause: Register | 'expiry', before: readonly Binding[]) => void = () => {}
	readonly #traits: RegistrarTraits
	readonly #agenda: Agenda
	#bindings: readonly Binding[] = []
	#nonce = 1

	constructor(traits: RegistrarTraits, agenda: Agenda) {
		this.#traits = traits
		this.#agenda = agenda
	}

	get bindings(): readonly Binding[] {
		return this.#bindings
	}

	of(party: Party): Binding | undefined {
		return this.#bindings.find((binding) => binding.party === party)
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
		const refused = this.#refusal(register) ?? this.#challenge(register)
		if (refused) return refused
		const { expiresSeconds } = register
		if (expiresSeconds === undefined) {
			return this.#traits.lists === 'always' ? this.#listing(register) : answer(403, 'Forbidden')
		}
		const { minSeconds } = this.#traits
		if (expiresSeconds > 0 && expiresSeconds < minSeconds) {
			return answer(423, 'Interval Too Brief', [['Min-Expires', String(minSeconds)]])
		}
		const own = this.of(register.from)
		// RFC 3261 10.3 step 7.
		if (own && own.callId === register.callId && register.cseq <= own.cseq) return answer(400, 'Invalid CSeq Number')
		const others = this.#bindings.filter((binding) => binding.party !== register.from)
		if (expiresSeconds === 0) {
			this.#change(others, register)
			return this.#listing(register)
		}
		if (others.length > 0 && this.#traits.second === 'refused') return answer(403, 'Forbidden')
		this.#bind(register, expiresSeconds, this.#traits.second === 'overwrites' ? [] : others)
		return this.#listing(register)
	}

	#bind(register: Register, askedSeconds: number, others: readonly Binding[]): void {
		const { from, callId, cseq, era } = register
		const lastsMs = 1000 * Math.min(askedSeconds, Math.max(this.#traits.minSeconds, this.#traits.grantsSeconds))
		const now = this.#agenda.nowMs
		const sinceMs = this.of(from)?.sinceMs ?? now
		const binding: Binding = { party: from, callId, cseq, era, sinceMs, lastsMs, untilMs: now + lastsMs }
		this.#change([...others, binding], register)
		this.#agenda.plan(lastsMs, () => {
			if (this.#bindings.includes(binding)) {
				this.#change(
					this.#bindings.filter((other) => other !== binding),
					'expiry',
				)
			}
		})
	}

	#change(bindings: readonly Binding[], cause: Register | 'expiry'): void {
		const before = this.#bindings
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

	#listing({ from }: Register): ResponseView {
		if (this.#traits.lists === 'never') return answer(200, 'OK', [['Expires', String(this.lastsSeconds(from))]])
		const now = this.#agenda.nowMs
		const contacts = this.#bindings.map(({ party, untilMs }) => {
			const user = party === 'service' ? OUR_CONTACT.contactUser : `phone${party}`
			return `<sip:${user}@192.0.2.1>;expires=${Math.ceil((untilMs - now) / 1000)}`
		})
		return answer(200, 'OK', contacts.length === 0 ? [] : [['Contact', contacts.join(', ')]])
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
