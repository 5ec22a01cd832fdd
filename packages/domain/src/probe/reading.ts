import { challengesOf, headerList, isWildcardContact, parseNameAddr, parseVia, type ResponseView } from '@vigil/sip'
import { namesContact } from '../registration/own-contact.ts'
import type { OfferedAuthentication, ProbeFindings } from './types.ts'

/** The contacts of a 2xx to REGISTER: ours by their user parts, and those of others. */
export interface ListedContacts {
	readonly users: readonly string[]
	/** Their URIs as listed, by user part. */
	readonly uris: ReadonlyMap<string, string>
	readonly foreign: readonly string[]
	readonly count: number
}

/** Tells the contacts of a 2xx apart; a registrar may show ours with another host or port. */
export function listedContacts(response: ResponseView, ownUsers: readonly string[]): ListedContacts {
	const uris = headerList(response.headers, 'Contact').flatMap((text) =>
		isWildcardContact(text) ? [] : (parseNameAddr(text)?.uri ?? []),
	)
	const own = new Map<string, string>()
	const foreign: string[] = []
	for (const uri of uris) {
		const user = ownUsers.find((one) => namesContact(uri, one))
		if (user === undefined) foreign.push(uri)
		else own.set(user, uri)
	}
	return { users: [...own.keys()], uris: own, foreign, count: uris.length }
}

/** What every response may tell, whatever was asked; `ownVia` where our Via had our own address. */
export function withGeneralFacts(findings: ProbeFindings, response: ResponseView, ownVia: boolean): ProbeFindings {
	const { headers, status } = response
	const server = findings.server ?? headers.get('Server') ?? headers.get('User-Agent')
	const seenAs = findings.seenAs ?? (ownVia ? receivedOf(response) : undefined)
	const general: ProbeFindings = {
		...findings,
		...(server === undefined ? {} : { server }),
		...(seenAs === undefined ? {} : { seenAs }),
	}
	if (status === 401 || status === 407) return withChallenges(general, response)
	return status >= 200 && status < 300 ? withExtensions(general, response) : general
}

function withExtensions(findings: ProbeFindings, { headers }: ResponseView): ProbeFindings {
	const named = [...headerList(headers, 'Supported'), ...headerList(headers, 'Require')].map((tag) => tag.toLowerCase())
	const options = [...new Set([...findings.options, ...named])]
	const serviceRoute = headerList(headers, 'Service-Route')
	return {
		...findings,
		options,
		path: findings.path || options.includes('path') || headerList(headers, 'Path').length > 0,
		outbound: findings.outbound || options.includes('outbound'),
		serviceRoute: serviceRoute.length > 0 ? serviceRoute : findings.serviceRoute,
	}
}

function withChallenges(findings: ProbeFindings, response: ResponseView): ProbeFindings {
	let authentication = findings.authentication
	for (const { realm, proxy, algorithmText, qop } of challengesOf(response)) {
		const known = authentication.find((one) => one.realm === realm && one.proxy === proxy)
		const entry: OfferedAuthentication = {
			realm,
			proxy,
			algorithms: added(known?.algorithms ?? [], [algorithmText ?? 'MD5']),
			qop: added(known?.qop ?? [], qop),
		}
		authentication = known ? authentication.map((one) => (one === known ? entry : one)) : [...authentication, entry]
	}
	return { ...findings, authentication }
}

function added(known: readonly string[], more: readonly string[]): readonly string[] {
	return [...new Set([...known, ...more])]
}

/** RFC 3261 18.2.1: the server writes `received` where the address it saw is not the one in our Via. */
function receivedOf({ headers }: ResponseView): string | undefined {
	const via = parseVia(headerList(headers, 'Via')[0] ?? '')
	const received = via?.params.get('received')
	return typeof received === 'string' && received !== via?.host ? received : undefined
}
