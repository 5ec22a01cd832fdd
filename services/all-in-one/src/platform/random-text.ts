import { randomBytes } from 'node:crypto'

/** URL-safe text of `bytes` random bytes, of characters that SIP tokens and URIs take. */
export function randomText(bytes: number): string {
	return randomBytes(bytes).toString('base64url')
}

/** Hexadecimal text of 128 random bits: letters and digits only. */
export function randomId(): string {
	return randomBytes(16).toString('hex')
}
