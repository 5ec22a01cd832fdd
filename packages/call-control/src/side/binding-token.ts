import type { Account } from '@vigil/domain'
import { canonicalHeaderName, Headers, type SipMessage } from '@vigil/sip'

/** A shorter text is no secret, and may be part of any word. */
const LEAST_SECRET = 16

/** Fields of one leg, which is between the registrar and us; its answers have to repeat them. */
const OF_ONE_LEG: ReadonlySet<string> = new Set(['via', 'from', 'to', 'call-id', 'cseq', 'route', 'record-route'])

/**
 * Keeps the user part of the registered Contact out of what passes through a call, both ways: a server may write the Contact that it
 * retargeted to into History-Info (RFC 7044 10), the state of a dialog or fields of its own. In its place stands the call's own token.
 */
export class BindingToken {
	/** In lower case. */
	readonly #folded: string
	readonly #substitute: string
	#pattern: RegExp | undefined

	constructor({ contactToken }: Pick<Account, 'contactToken'>, substitute: string) {
		this.#folded = contactToken.toLowerCase()
		this.#substitute = substitute
	}

	/** The message without the token; the very same one when it is not in it. */
	removedFrom<Message extends SipMessage>(message: Message): Message {
		if (this.#folded.length < LEAST_SECRET) return message
		const headers = this.#headers(message.headers)
		const body = this.#body(message.body)
		return headers === message.headers && body === message.body ? message : { ...message, headers, body }
	}

	#headers(headers: Headers): Headers {
		let mayHold = false
		for (const { value } of headers) mayHold ||= this.#mayHold(value)
		if (!mayHold) return headers
		return new Headers([...headers].map(({ name, value }) => ({ name, value: this.#field(name, value) })))
	}

	#field(name: string, value: string): string {
		return OF_ONE_LEG.has(canonicalHeaderName(name)) ? value : this.#text(value)
	}

	#body(body: Uint8Array): Uint8Array {
		if (body.length === 0) return body
		const text = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('latin1')
		const replaced = this.#text(text)
		return replaced === text ? body : Buffer.from(replaced, 'latin1')
	}

	#text(text: string): string {
		if (!this.#mayHold(text)) return text
		this.#pattern ??= patternOf(this.#folded)
		return text.replace(this.#pattern, this.#substitute)
	}

	/** Cheap, as hardly any text does. */
	#mayHold(text: string): boolean {
		return text.length >= this.#folded.length && (text.includes('%') || text.toLowerCase().includes(this.#folded))
	}
}

/** The token in any letter case, each character perhaps escaped (RFC 3261 19.1.4). */
function patternOf(token: string): RegExp {
	const characters = [...token].map((character) => {
		const [, ...escapes] = [character, character.toLowerCase(), character.toUpperCase()].map(hexOf)
		return `(?:\\x${hexOf(character)}|%${escapes.join('|%')})`
	})
	return new RegExp(characters.join(''), 'gi')
}

function hexOf(character: string): string {
	return character.charCodeAt(0).toString(16)
}
