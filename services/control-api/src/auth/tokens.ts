import { createHash, timingSafeEqual } from 'node:crypto'
import { CONTACT_TOKEN_LENGTH, contactTokenFrom } from '@vigil/domain'
import type { RandomSource } from '@vigil/runtime'

/** What a token is for; it stands in front, so that a leaked one is recognised. */
export type TokenPrefix = 'vgl_key_' | 'vgl_dev_'

const TOKEN_BYTES = 32

/** A new bearer token of 256 random bits. It is shown once; only its digest is kept. */
export function newToken(prefix: TokenPrefix, random: RandomSource): string {
	return prefix + newSecretText(random)
}

/** 256 random bits as text, for passwords and unguessable names. */
export function newSecretText(random: RandomSource): string {
	return Buffer.from(random.bytes(TOKEN_BYTES)).toString('base64url')
}

/** SHA-256 of a token, hexadecimal: what is kept in place of it. Enough for random tokens, which cannot be guessed. */
export function digestOf(token: string): string {
	return createHash('sha256').update(token).digest('hex')
}

/** Compares in a time that does not depend on where the texts differ. */
export function sameToken(left: string, right: string): boolean {
	return timingSafeEqual(Buffer.from(digestOf(left)), Buffer.from(digestOf(right)))
}

/** The unguessable user part of an account's Contact at its SIP server. */
export function newContactToken(random: RandomSource): string {
	return contactTokenFrom(random.bytes(CONTACT_TOKEN_LENGTH))
}

// Crockford's alphabet: no letter that is taken for a digit when a person reads it out.
const CODE_ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
const CODE_GROUPS = 4
const GROUP_LENGTH = 4

/** A code of 80 random bits that a person can type: `7K3M-9XQ2-PD4T-6WHB`. Valid for minutes and once. */
export function newEnrolmentCode(random: RandomSource): string {
	const characters = [...random.bytes(CODE_GROUPS * GROUP_LENGTH)].map((byte) => CODE_ALPHABET[byte % 32])
	const groups = Array.from({ length: CODE_GROUPS }, (_, group) =>
		characters.slice(group * GROUP_LENGTH, (group + 1) * GROUP_LENGTH).join(''),
	)
	return groups.join('-')
}

/** The digest of an enrolment code however it was typed: case, blanks and hyphens do not count; O is 0, I and L are 1. */
export function enrolmentCodeDigest(code: string): string {
	const plain = code.toUpperCase().replace(/[\s-]/g, '').replace(/O/g, '0').replace(/[IL]/g, '1')
	return digestOf(plain)
}
