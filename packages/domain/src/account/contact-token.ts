/** RFC 4648 6 in lower case: what a SIP server does to letters leaves it unambiguous. */
const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567'
/** 100 random bits. Asterisk's `pjsip show contacts` cuts what is longer. */
export const CONTACT_TOKEN_LENGTH = 20

/**
 * The unguessable user part of a Contact of ours: letters of one case and digits, five bits of each of the first twenty random octets.
 * Throws RangeError when there are fewer.
 */
export function contactTokenFrom(octets: Uint8Array): string {
	if (octets.length < CONTACT_TOKEN_LENGTH) throw new RangeError(`a contact token needs ${CONTACT_TOKEN_LENGTH} octets`)
	return Array.from(octets.subarray(0, CONTACT_TOKEN_LENGTH), (octet) => ALPHABET[octet % 32]).join('')
}

/** Whether a user part has the shape of such a token, in whatever letter case. */
export function looksLikeContactToken(user: string): boolean {
	return user.length === CONTACT_TOKEN_LENGTH && /^[a-z2-7]+$/i.test(user)
}
