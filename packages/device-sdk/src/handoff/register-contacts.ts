import type { HandoffLine } from '@vigil/contracts'

/** The app's own binding at its SIP server. */
export interface OwnContact {
	/** Its Contact URI. */
	readonly uri: string
	/** Parameters of the Contact field, `expires` apart, each with its semicolon, such as `;+sip.instance="..."`. */
	readonly params?: string
	/** How long it asks to be bound, seconds. */
	readonly expiresSeconds: number
}

/**
 * The value of the Contact field with which the app registers on a line. Where it takes the service's place, that contact
 * goes with it, to be removed: the SIP server processes both as one (RFC 3261 10.3), so that there is no moment with two
 * bindings or with none. The REGISTER has no Expires field then, which would speak for both; nor does a refresh need the
 * service's contact again.
 */
export function registerContacts(
	{ replaceContact }: Pick<HandoffLine, 'replaceContact'>,
	{ uri, params = '', expiresSeconds }: OwnContact,
): string {
	const own = `<${uri}>${params};expires=${expiresSeconds}`
	return replaceContact === undefined ? own : `${own}, <${replaceContact}>;expires=0`
}
