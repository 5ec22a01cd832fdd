import {
	formatNameAddr,
	type Headers,
	headerList,
	isWildcardContact,
	parseDeltaSeconds,
	parseNameAddr,
	parseUri,
} from '@vigil/sip'

/** One Contact of a REGISTER. */
export interface RegisterContact {
	/** The Contact URI as the device wrote it. */
	readonly uri: string
	/** Its own `expires` parameter; it wins over the Expires header field (RFC 3261 10.2.1.1). */
	readonly expiresSeconds?: number
	/** `+sip.instance` without quotes and brackets, for example `urn:uuid:...` (RFC 5626 4.1). */
	readonly instanceId?: string
	/** `reg-id`; it counts only beside an instance-id (RFC 5626 4.2). */
	readonly regId?: number
}

/** `all` is the `*` of a device that gives up everything (RFC 3261 10.2.2). */
export type RegisterContacts = 'all' | readonly RegisterContact[]

const MAX_REG_ID = 2 ** 31 - 1

/** The Contacts of a REGISTER; undefined when one is malformed, not a SIP URI, or stands beside a `*`. */
export function readContacts(headers: Headers): RegisterContacts | undefined {
	const values = headerList(headers, 'Contact')
	if (values.some(isWildcardContact)) return values.length === 1 ? 'all' : undefined
	const contacts: RegisterContact[] = []
	for (const value of values) {
		const contact = readContact(value)
		if (!contact) return undefined
		contacts.push(contact)
	}
	return contacts
}

function readContact(text: string): RegisterContact | undefined {
	const address = parseNameAddr(text)
	const uri = address && parseUri(address.uri)
	if (!address || !uri || (uri.scheme !== 'sip' && uri.scheme !== 'sips') || uri.headers !== undefined) return undefined
	const expiresSeconds = secondsOf(address.params.get('expires'))
	const instanceId = instanceIdOf(address.params.get('+sip.instance'))
	const regId = instanceId === undefined ? undefined : regIdOf(address.params.get('reg-id'))
	return {
		uri: address.uri,
		...(expiresSeconds !== undefined && { expiresSeconds }),
		...(instanceId !== undefined && { instanceId }),
		...(regId !== undefined && { regId }),
	}
}

/** Anything else is as if it were not there, and the default holds (RFC 3261 10.2.1.1). */
function secondsOf(value: string | true | undefined): number | undefined {
	return typeof value === 'string' ? parseDeltaSeconds(value) : undefined
}

function instanceIdOf(value: string | true | undefined): string | undefined {
	if (typeof value !== 'string') return undefined
	const id = value.startsWith('<') && value.endsWith('>') ? value.slice(1, -1) : value
	return id === '' ? undefined : id
}

function regIdOf(value: string | true | undefined): number | undefined {
	const number = secondsOf(value)
	return number !== undefined && number > 0 && number <= MAX_REG_ID ? number : undefined
}

/** A Contact of a 200, with the seconds that are left (RFC 3261 10.3 step 8). */
export function formatContact(contact: RegisterContact, expiresSeconds: number): string {
	const params = new Map<string, string | true>([['expires', String(expiresSeconds)]])
	if (contact.instanceId !== undefined) params.set('+sip.instance', `<${contact.instanceId}>`)
	if (contact.regId !== undefined) params.set('reg-id', String(contact.regId))
	return formatNameAddr({ uri: contact.uri, params })
}
