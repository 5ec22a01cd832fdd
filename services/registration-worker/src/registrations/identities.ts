import { createHmac } from 'node:crypto'
import type { AccountId } from '@vigil/domain'
import { hashText } from '../accounts/hash-text.ts'

/** Bytes of each part; 15 and 6 bytes make 20 and 8 characters of base64url. */
const CALL_ID = 15
const TAG = 6
const CNONCE = 6
const ROW = CALL_ID + TAG + CNONCE
const FIRST_ROWS = 256

/** What an account is called on the wire, in one generation of its registration. */
export interface WireIdentity {
	readonly callId: string
	readonly fromTag: string
	/** Client nonce of its digest answers: the same for one nonce, as `-sess` algorithms need (RFC 7616 3.4.2). */
	readonly cnonce: string
}

/**
 * Call-ID, From tag and cnonce of every account: one keyed hash of account and generation, kept as bytes, and its phase.
 * The same for whoever owns the account, so that a new owner continues the same registration.
 */
export class Identities {
	readonly #secret: string
	#bytes = Buffer.alloc(0)
	#phases = new Float32Array(0)

	constructor(secret: string) {
		this.#secret = secret
	}

	set(slot: number, id: AccountId, generation: number): void {
		this.#reserve(slot)
		const hash = createHmac('sha256', this.#secret).update(`registration|${id}|${generation}`).digest()
		hash.copy(this.#bytes, slot * ROW, 0, ROW)
		this.#phases[slot] = phaseOf(id)
	}

	get(slot: number): WireIdentity {
		const at = slot * ROW
		const text = this.#bytes.toString('base64url', at, at + ROW)
		return { callId: text.slice(0, 20), fromTag: text.slice(20, 28), cnonce: text.slice(28) }
	}

	/** Instance-id of RFC 5626 4.1 as a URN: a name-based UUID (RFC 9562 5.8), the same in every generation. */
	instance(id: AccountId): string {
		const hex = createHmac('sha256', this.#secret).update(`instance|${id}`).digest('hex')
		const variant = (8 + (Number.parseInt(hex.slice(16, 17), 16) & 3)).toString(16)
		return `urn:uuid:${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`
	}

	/** The account's `phaseOf`. */
	phase(slot: number): number {
		return this.#phases[slot] ?? 0
	}

	#reserve(slot: number): void {
		if (slot < this.#phases.length) return
		const rows = Math.max(slot + 1, Math.ceil(this.#phases.length * 1.25), FIRST_ROWS)
		const bytes = Buffer.alloc(rows * ROW)
		this.#bytes.copy(bytes)
		this.#bytes = bytes
		const phases = new Float32Array(rows)
		phases.set(this.#phases)
		this.#phases = phases
	}
}

/**
 * The account's place in [0, 1), exact in 32 bits of floating point: spreads refreshes, and chooses the socket that its
 * requests leave by. Another generation changes nothing of it, as a server behind a NAT knows an account by that socket.
 */
export function phaseOf(id: AccountId): number {
	return (hashText(id) >>> 8) / 2 ** 24
}
