import { headerList, parseNameAddr, parseUri, type SipResponse } from '@vigil/sip'

/** What a 2xx to REGISTER says of our own contact: seconds granted, or that it is not among the bindings. */
export type OwnBinding = { readonly bound: true; readonly expiresSeconds: number } | { readonly bound: false }

/**
 * Reads our own binding from a 2xx (RFC 3261 10.2.4). Other contacts of the address-of-record are somebody
 * else's. Ours is known by its user part alone, because a registrar or SBC may show another host or port.
 * The contact's own `expires` wins over the Expires header; without either the request's own value counts.
 */
export function ownBinding(response: SipResponse, contactUser: string, askedSeconds: number): OwnBinding {
	const contacts = headerList(response.headers, 'Contact')
	const fallback = seconds(response.headers.get('Expires')) ?? askedSeconds
	// Some registrars leave the list of bindings out altogether; then the 2xx itself is all there is to go by.
	if (contacts.length === 0) return fallback > 0 ? { bound: true, expiresSeconds: fallback } : { bound: false }
	for (const text of contacts) {
		const contact = parseNameAddr(text)
		if (!contact || userOf(contact.uri) !== contactUser) continue
		const own = contact.params.get('expires')
		const granted = (typeof own === 'string' ? seconds(own) : undefined) ?? fallback
		return granted > 0 ? { bound: true, expiresSeconds: granted } : { bound: false }
	}
	return { bound: false }
}

function userOf(uriText: string): string | undefined {
	const uri = parseUri(uriText)
	return uri && (uri.scheme === 'sip' || uri.scheme === 'sips') ? uri.user : undefined
}

function seconds(text: string | undefined): number | undefined {
	const digits = text?.trim().match(/^\d{1,10}$/)?.[0]
	return digits === undefined ? undefined : Math.min(Number(digits), 2 ** 31)
}
