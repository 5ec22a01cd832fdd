import {
	canonicalEscapes,
	canonicalHost,
	headerList,
	isWildcardContact,
	paramText,
	parseNameAddr,
	parseUri,
	type ResponseView,
	type SipUri,
	urisEqual,
} from '@vigil/sip'

/** What a REGISTER of ours says of our Contact: by this our binding is known among those that a registrar lists. */
export interface OwnContact {
	/** User part of the Contact: the account's unguessable token. */
	readonly contactUser: string
	/** The whole URI as sent. */
	readonly contactUri: string
	/** Parameters of the Contact field as sent, `expires` apart, each with its semicolon (RFC 5626 4.1). */
	readonly contactParams?: string
	/** The account's address-of-record. */
	readonly aor: string
	/** Its address is a private one that is not ours (NAT emulation). */
	readonly emulatesNat?: boolean
	/** The URI that this registrar keeps in place of ours, once it was seen to (`ContactAlias`). */
	readonly shownAs?: string
}

/** One contact that a 2xx to REGISTER lists (RFC 3261 10.3 step 8). */
export interface ListedContact {
	/** The URI; of a contact that cannot be read the whole text. */
	readonly uri: string
	readonly ours: boolean
	/** Its own `expires`, seconds; undefined where it has none. 0 is one that is gone. */
	readonly expiresSeconds: number | undefined
}

/** A token as long as this stands nowhere by chance. */
const UNGUESSABLE_LENGTH = 12

/** The contacts that a 2xx lists, each told ours or somebody else's. One that cannot be read is somebody else's. */
export function classifyContacts(response: ResponseView, own: OwnContact): ListedContact[] {
	return headerList(response.headers, 'Contact')
		.filter((text) => !isWildcardContact(text))
		.map((text) => classified(text, own))
}

function classified(text: string, own: OwnContact): ListedContact {
	const contact = parseNameAddr(text)
	if (!contact) return { uri: text, ours: bearsToken(text, own.contactUser), expiresSeconds: undefined }
	const { uri, params } = contact
	const ours = isOurUri(uri, own) || isOurFlow(paramText(params, '+sip.instance'), paramText(params, 'reg-id'), own)
	return { uri, ours, expiresSeconds: seconds(paramText(params, 'expires')) }
}

/**
 * Whether a URI that somebody else wrote names us: by our token; by what this registrar keeps in place of our URI; or as the
 * user of the address-of-record, or none, at the very address that we gave, as nobody else is reached there.
 */
function isOurUri(uriText: string, own: OwnContact): boolean {
	if (own.shownAs !== undefined && sameUri(uriText, own.shownAs)) return true
	if (namesContact(uriText, own.contactUser)) return true
	const uri = sipUriOf(uriText)
	const sent = sipUriOf(own.contactUri)
	if (!uri || !sent || uri.port !== sent.port || canonicalHost(uri.host) !== canonicalHost(sent.host)) return false
	const user = sipUriOf(own.aor)?.user
	return uri.user === undefined || (user !== undefined && comparable(uri.user) === comparable(user))
}

/**
 * Whether a URI bears that token. It does as the user part, whatever its escapes (RFC 3261 19.1.4) and, though case counts
 * there, its case; and inside of another user part or parameter, as proxies write that hide a contact.
 */
export function namesContact(uriText: string, token: string): boolean {
	if (token === '') return false
	const user = sipUriOf(uriText)?.user
	return (user !== undefined && comparable(user) === comparable(token)) || bearsToken(uriText, token)
}

/** RFC 5626 6: instance-id and reg-id name a binding, whatever its URI. A registrar may leave the reg-id out. */
function isOurFlow(
	instance: string | undefined,
	regId: string | undefined,
	{ contactParams = '' }: OwnContact,
): boolean {
	const ours = /;\+sip\.instance="([^"]*)"/.exec(contactParams)?.[1]
	// URNs are compared without regard to the case of a UUID (RFC 5626 4.1, RFC 9562 4).
	if (ours === undefined || instance?.toLowerCase() !== ours.toLowerCase()) return false
	return regId === undefined || regId === /;reg-id=(\d+)/.exec(contactParams)?.[1]
}

function bearsToken(text: string, token: string): boolean {
	return token.length >= UNGUESSABLE_LENGTH && comparable(text).includes(comparable(token))
}

/** Equal by RFC 3261 19.1.4, or the same text where it is no URI. */
export function sameUri(one: string, other: string): boolean {
	if (one === other) return true
	const a = parseUri(one)
	const b = parseUri(other)
	return a !== undefined && b !== undefined && urisEqual(a, b)
}

function comparable(text: string): string {
	return canonicalEscapes(text).toLowerCase()
}

function sipUriOf(text: string): SipUri | undefined {
	const uri = parseUri(text)
	return uri && (uri.scheme === 'sip' || uri.scheme === 'sips') ? uri : undefined
}

/** Whether the text is a SIP or SIPS URI. */
export function isSipUri(text: string): boolean {
	return sipUriOf(text) !== undefined
}

/** Delta-seconds (RFC 3261 20.19), at most 2^31; undefined where the text is none. */
export function seconds(text: string | undefined): number | undefined {
	const digits = text?.trim().match(/^\d{1,10}$/)?.[0]
	return digits === undefined ? undefined : Math.min(Number(digits), 2 ** 31)
}
