import type { HashAlgorithm } from '@vigil/sip'
import type { Secret } from '../secret.ts'

/** The hashes that a device may prove its password by at the edge, the strongest first (RFC 8760). */
export const DEVICE_DIGESTS = ['SHA-256', 'MD5'] as const satisfies readonly HashAlgorithm[]

export type DeviceDigest = (typeof DEVICE_DIGESTS)[number]

/** What a device is challenged with where its push app does not say: all hashes, or the one that every SIP stack knows. */
export type DigestOffer = 'all' | 'md5'

/** What the edge knows of a device that wants to attach. */
export interface SipCredential {
	readonly secret: Secret
	/** What its push app says that it can, in the order in which it is to be offered; absent where the app says nothing. */
	readonly digestAlgorithms?: readonly DeviceDigest[]
	/** The first offer that it has answered by its password; absent before. */
	readonly answeredOffer?: DigestOffer
}

/** What can be kept of a credential for a time without a store: the secret is still sealed. */
export type KeptSipCredential = Omit<SipCredential, 'secret'> & { readonly sealed: string }

/**
 * Which offer a device gets. Some softphones read one challenge only, the first or the last, and give up when they do not
 * know its hash; nothing in a REGISTER says which. So a device that let an offer go by without a word gets the other one the
 * next time, and stays with the one that it answers. After that nobody else can talk the edge into MD5 for it.
 */
export function digestOffer(credential: SipCredential | undefined, ignored: DigestOffer | undefined): DigestOffer {
	return credential?.answeredOffer ?? (ignored === 'all' ? 'md5' : 'all')
}

/** The hashes of a challenge, the first one first. What the push app says comes before everything. */
export function offeredDigests(credential: SipCredential | undefined, offer: DigestOffer): readonly DeviceDigest[] {
	return credential?.digestAlgorithms ?? (offer === 'md5' ? ['MD5'] : DEVICE_DIGESTS)
}
