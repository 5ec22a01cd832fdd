import { headerList, parseNameAddr, parseUri, type ResponseView } from '@vigil/sip'

/** What a 2xx to REGISTER says of our own contact: seconds granted, or that it is not among the bindings. */
export type OwnBinding = { readonly bound: true; readonly expiresSeconds: number } | { readonly bound: false }

/**
 * Reads our own binding from a 2xx (RFC 3261 10.2.4). Other contacts of the address-of-record are somebody
 * else's. Ours is known by its user part alone, because a registrar or SBC may show another host or port.
 * The contact's own `expires` wins over the Expires header; without either the request's own value counts.
 */
export function ownBinding(response: ResponseView, contactUser: string, askedSeconds: number): OwnBinding {
	const usual = usualBinding(response, contactUser)
	if (usual !== undefined) return bindingFor(usual)
	const contacts = headerList(response.headers, 'Contact')
	const fallback = seconds(response.headers.get('Expires')) ?? askedSeconds
	// Some registrars leave the list of bindings out altogether; then the 2xx itself is all there is to go by.
	if (contacts.length === 0) return bindingFor(fallback)
	for (const text of contacts) {
		const contact = parseNameAddr(text)
		if (!contact || userOf(contact.uri) !== contactUser) continue
		const own = contact.params.get('expires')
		const granted = (typeof own === 'string' ? seconds(own) : undefined) ?? fallback
		return bindingFor(granted)
	}
	return { bound: false }
}

/** Our own and the other bindings that a 2xx to REGISTER lists (RFC 3261 10.3 step 8). */
export interface ListedBindings {
	readonly ours: boolean
	readonly others: number
}

/** A 2xx that lists no contacts says that there are none. A contact that cannot be read is somebody else's. */
export function listedBindings(response: ResponseView, contactUser: string): ListedBindings {
	let ours = false
	let others = 0
	for (const text of headerList(response.headers, 'Contact')) {
		const contact = parseNameAddr(text)
		if (contact?.params.get('expires') === '0') continue
		if (contact && userOf(contact.uri) === contactUser) ours = true
		else others++
	}
	return { ours, others }
}

function bindingFor(expiresSeconds: number): OwnBinding {
	return expiresSeconds > 0 ? { bound: true, expiresSeconds } : { bound: false }
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

function userOf(uriText: string): string | undefined {
	const uri = parseUri(uriText)
	return uri && (uri.scheme === 'sip' || uri.scheme === 'sips') ? uri.user : undefined
}

function seconds(text: string | undefined): number | undefined {
	const digits = text?.trim().match(/^\d{1,10}$/)?.[0]
	return digits === undefined ? undefined : Math.min(Number(digits), 2 ** 31)
}
