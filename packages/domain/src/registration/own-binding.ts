import type { ResponseView } from '@vigil/sip'
import type { SeenBindings } from '../holding/types.ts'
import { classifyContacts, isSipUri, type OwnContact, seconds } from './own-contact.ts'

/** What a 2xx to REGISTER says of our own contact: seconds granted, or that it is not among the bindings. */
export type OwnBinding =
	| {
			readonly bound: true
			readonly expiresSeconds: number
			/** False where no contact is listed at all. */
			readonly listed: boolean
	  }
	| { readonly bound: false }

const NOT_BOUND: OwnBinding = { bound: false }

/**
 * Reads our own binding from a 2xx (RFC 3261 10.2.4); other contacts of the address-of-record are somebody else's. Ours is
 * known as `classifyContacts` says; listed twice, it lives as long as the longer one, unless one has just what was asked for:
 * then the other is a remnant, as of an earlier connection where a registrar tells bindings apart by that. The contact's own
 * `expires` wins over the Expires header; without either the request's own value counts.
 */
export function ownBinding(response: ResponseView, own: OwnContact, askedSeconds: number): OwnBinding {
	const usual = usualBinding(response, own.contactUser)
	if (usual !== undefined) return bindingFor(usual, true)
	const contacts = classifyContacts(response, own)
	const fallback = seconds(response.headers.get('Expires')) ?? askedSeconds
	// Some registrars leave the list of bindings out altogether; then the 2xx itself is all there is to go by.
	if (contacts.length === 0) return bindingFor(fallback, false)
	let longest = 0
	for (const { ours, expiresSeconds = fallback } of contacts) {
		if (!ours) continue
		if (expiresSeconds === askedSeconds) return bindingFor(askedSeconds, true)
		longest = Math.max(longest, expiresSeconds)
	}
	return bindingFor(longest, true)
}

/**
 * Our own and the other bindings that a 2xx to REGISTER lists (RFC 3261 10.3 step 8). One that lists no contacts says that
 * there are none. A contact that cannot be read is somebody else's.
 */
export function listedBindings(response: ResponseView, own: OwnContact): SeenBindings {
	const listed = classifyContacts(response, own).filter(({ expiresSeconds }) => expiresSeconds !== 0)
	const others = listed.filter((contact) => !contact.ours)
	const shown = listed.find((contact) => contact.ours)?.uri
	const shownAs = shown !== undefined && shown !== own.contactUri && isReplaceable(shown) ? { shownAs: shown } : {}
	const seen = { ours: shown !== undefined, others: others.length, ...shownAs }
	const [other] = others
	if (other === undefined) return seen
	const ends = others.map(({ expiresSeconds }) => expiresSeconds ?? Number.POSITIVE_INFINITY)
	const lastsSeconds = Math.max(...ends)
	return {
		...seen,
		...(Number.isFinite(lastsSeconds) ? { lastsSeconds } : {}),
		...(others.length === 1 && isReplaceable(other.uri) ? { other: other.uri } : {}),
	}
}

/** Longer ones are nobody's contact; they are kept in memory and come back in a message. */
const LONGEST_REPLACEABLE = 512

/** Whether the URI can be named in a REGISTER as it stands. */
function isReplaceable(uri: string): boolean {
	// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
	return uri.length <= LONGEST_REPLACEABLE && !/[\u0000-\u0020\u007f<>"]/.test(uri) && isSipUri(uri)
}

function bindingFor(expiresSeconds: number, listed: boolean): OwnBinding {
	return expiresSeconds > 0 ? { bound: true, expiresSeconds, listed } : NOT_BOUND
}

const SCHEME = '<sip:'
const AT = 0x40

/**
 * The seconds of our contact where the list is written as registrars usually do: one field, no quotes,
 * `<sip:user@host>;expires=n`. Undefined leaves it to the parser.
 */
function usualBinding(response: ResponseView, contactUser: string): number | undefined {
	const values = response.headers.all('Contact')
	const [value] = values
	if (value === undefined || values.length > 1 || contactUser === '' || value.includes('"')) return undefined
	const start = value.indexOf(contactUser)
	const end = start + contactUser.length
	if (start < SCHEME.length || value.charCodeAt(end) !== AT || !value.startsWith(SCHEME, start - SCHEME.length)) return
	if (value.indexOf(contactUser, end) >= 0) return undefined
	const close = value.indexOf('>', end)
	if (close < 0 || !value.startsWith(';expires=', close + 1)) return undefined
	let granted = 0
	for (let i = close + 1 + ';expires='.length; i < value.length; i++) {
		const digit = value.charCodeAt(i) - 48
		if (digit < 0 || digit > 9) return value[i] === ',' || value[i] === ';' ? granted : undefined
		granted = granted * 10 + digit
		if (granted > 2 ** 31) return undefined
	}
	return granted
}
