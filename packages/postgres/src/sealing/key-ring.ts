import { type KeyObject, randomBytes } from 'node:crypto'
import { Secret } from '@vigil/domain'
import { decrypt, encrypt, KEY_BYTES, keyOf } from './envelope.ts'

/** The cell that a sealed value belongs to; it opens nowhere else. */
export interface SealedPlace {
	readonly table: string
	readonly rowId: string
	readonly column: string
}

/** The text of a key ring is not usable. Never quotes the text. */
export class KeyRingError extends Error {
	constructor(message: string) {
		super(message)
		this.name = 'KeyRingError'
	}
}

/** A sealed value cannot be opened with this ring. */
export class SealError extends Error {
	constructor(message: string) {
		super(message)
		this.name = 'SealError'
	}
}

interface Sealed {
	readonly keyId: string
	/** The row's data key, encrypted with the ring's key. */
	readonly wrapped: Buffer
	/** The value, encrypted with the data key. */
	readonly body: Buffer
}

const VERSION = '1'
const ENTRY = /^([A-Za-z0-9_-]{1,32}):([A-Za-z0-9+/_-]+={0,2})$/

/**
 * Seals values of database rows. Each value has a random key of its own, which is wrapped by a key of the ring, so that a
 * rotation rewraps 32 bytes and never sees the value. Both layers are bound to version, table, row and column.
 *
 * Rotation without downtime: give every process `old,new`; then `new,old`; then run `reseal`; then `new` alone.
 */
export class KeyRing {
	/** Seals; every key of the ring opens. */
	readonly currentKeyId: string
	readonly #keys: ReadonlyMap<string, KeyObject>

	private constructor(currentKeyId: string, keys: ReadonlyMap<string, KeyObject>) {
		this.currentKeyId = currentKeyId
		this.#keys = keys
	}

	/**
	 * Reads `id:base64,id2:base64`; keys have 32 bytes, ids up to 32 letters, digits, `-` and `_`. The first key seals.
	 *
	 * @throws KeyRingError naming the entry that is wrong by its position.
	 */
	static fromText(text: string): KeyRing {
		const entries = text.split(',').map((entry, index) => parseEntry(entry.trim(), index + 1))
		const keys = new Map(entries)
		const first = entries[0]
		if (!first || keys.size !== entries.length) throw new KeyRingError('The key ring has two keys of the same id.')
		return new KeyRing(first[0], keys)
	}

	/** Seals a value for its cell. Format: version, key id, wrapped data key, body, joined by colons. */
	seal(value: Secret, place: SealedPlace): string {
		const boundTo = binding(place)
		const dataKey = randomBytes(KEY_BYTES)
		const body = encrypt(keyOf(dataKey), Buffer.from(value.reveal()), boundTo)
		const wrapped = encrypt(this.#key(this.currentKeyId, place), dataKey, boundTo)
		dataKey.fill(0)
		return format({ keyId: this.currentKeyId, wrapped, body })
	}

	/** @throws SealError when the key is not in the ring, or the value was changed or belongs to another cell. */
	open(text: string, place: SealedPlace): Secret {
		const sealed = parse(text, place)
		const boundTo = binding(place)
		const dataKey = this.#unwrap(sealed, place, boundTo)
		const value = decrypt(keyOf(dataKey), sealed.body, boundTo)
		dataKey.fill(0)
		if (!value) throw refused(place)
		return new Secret(value.toString())
	}

	/** The same value under the current key; the text itself when it is already.
	 * @throws SealError as `open` does. */
	rewrap(text: string, place: SealedPlace): string {
		const sealed = parse(text, place)
		if (sealed.keyId === this.currentKeyId) return text
		const boundTo = binding(place)
		const dataKey = this.#unwrap(sealed, place, boundTo)
		const wrapped = encrypt(this.#key(this.currentKeyId, place), dataKey, boundTo)
		dataKey.fill(0)
		return format({ keyId: this.currentKeyId, wrapped, body: sealed.body })
	}

	#unwrap(sealed: Sealed, place: SealedPlace, boundTo: Uint8Array): Buffer {
		const dataKey = decrypt(this.#key(sealed.keyId, place), sealed.wrapped, boundTo)
		if (dataKey?.length !== KEY_BYTES) throw refused(place)
		return dataKey
	}

	#key(id: string, place: SealedPlace): KeyObject {
		const key = this.#keys.get(id)
		if (!key) throw new SealError(`${describe(place)} is sealed under the key "${id}", which is not in the key ring.`)
		return key
	}
}

/** A new key as an entry for `KeyRing.fromText`. */
export function newKeyText(id: string): string {
	return `${id}:${randomBytes(KEY_BYTES).toString('base64')}`
}

function parseEntry(entry: string, position: number): [string, KeyObject] {
	const [, id, encoded] = ENTRY.exec(entry) ?? []
	if (id === undefined || encoded === undefined) {
		throw new KeyRingError(`Key ${position} of the key ring is not of the form id:base64.`)
	}
	const key = Buffer.from(encoded, 'base64')
	if (key.length !== KEY_BYTES) {
		throw new KeyRingError(`Key ${position} of the key ring has ${key.length} bytes; it must have ${KEY_BYTES}.`)
	}
	return [id, keyOf(key)]
}

function format({ keyId, wrapped, body }: Sealed): string {
	return [VERSION, keyId, wrapped.toString('base64url'), body.toString('base64url')].join(':')
}

function parse(text: string, place: SealedPlace): Sealed {
	const [version, keyId, wrapped, body, ...rest] = text.split(':')
	if (version !== VERSION || !keyId || !wrapped || !body || rest.length > 0) {
		throw new SealError(`${describe(place)} is not a sealed value that this version can read.`)
	}
	return { keyId, wrapped: Buffer.from(wrapped, 'base64url'), body: Buffer.from(body, 'base64url') }
}

function binding({ table, rowId, column }: SealedPlace): Uint8Array {
	return Buffer.from(`${VERSION}|${table}|${rowId}|${column}`)
}

function describe({ table, rowId, column }: SealedPlace): string {
	return `The ${column} of ${table} ${rowId}`
}

function refused(place: SealedPlace): SealError {
	return new SealError(`${describe(place)} cannot be opened: the key is wrong, or the value was changed or moved.`)
}
