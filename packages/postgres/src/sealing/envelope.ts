import { createCipheriv, createDecipheriv, createSecretKey, type KeyObject, randomBytes } from 'node:crypto'

/** Bytes of an AES-256 key. */
export const KEY_BYTES = 32

const ALGORITHM = 'aes-256-gcm'
const NONCE_BYTES = 12
const TAG_BYTES = 16
const TAG = { authTagLength: TAG_BYTES }

/** A key as `encrypt` and `decrypt` take it. Made once for what is used often: making it costs a fifth of using it. */
export function keyOf(bytes: Uint8Array): KeyObject {
	return createSecretKey(bytes)
}

/** AES-256-GCM (NIST SP 800-38D) with a random nonce; the result is nonce, ciphertext, tag. */
export function encrypt(key: KeyObject, plain: Uint8Array, boundTo: Uint8Array): Buffer {
	const nonce = randomBytes(NONCE_BYTES)
	const cipher = createCipheriv(ALGORITHM, key, nonce, TAG)
	cipher.setAAD(boundTo)
	return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()])
}

/** Undoes `encrypt`; undefined when key, bytes or `boundTo` are not the same. */
export function decrypt(key: KeyObject, sealed: Buffer, boundTo: Uint8Array): Buffer | undefined {
	if (sealed.length < NONCE_BYTES + TAG_BYTES) return undefined
	const decipher = createDecipheriv(ALGORITHM, key, sealed.subarray(0, NONCE_BYTES), TAG)
	decipher.setAAD(boundTo)
	decipher.setAuthTag(sealed.subarray(-TAG_BYTES))
	const plain = decipher.update(sealed.subarray(NONCE_BYTES, -TAG_BYTES))
	try {
		// GCM holds nothing back: the end only proves the tag.
		decipher.final()
		return plain
	} catch {
		plain.fill(0)
		return undefined
	}
}
