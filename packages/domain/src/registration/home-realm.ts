import { type HashAlgorithm, hashOf, parseUri } from '@vigil/sip'
import type { HeldChallenge } from './held-challenge.ts'

/** What the account's own server last asked for: a protected place of that name, and a hash. */
export interface HomeRealm {
	/** A proxy on the way asked (407), and the server itself has not. */
	readonly proxy: boolean
	readonly realm: string
	readonly algorithm: HashAlgorithm
}

/** The home after challenges that came from the account's own server; what the server itself asks stands before its proxies. */
export function homeAfter(home: HomeRealm | undefined, fresh: readonly HeldChallenge[]): HomeRealm | undefined {
	const asked = fresh.find(({ challenge }) => !challenge.proxy) ?? (home && !home.proxy ? undefined : fresh[0])
	const { proxy = false, realm = '', algorithm } = asked?.challenge ?? {}
	if (asked === undefined || algorithm === undefined) return home
	const hash = hashOf(algorithm)
	return home?.realm === realm && home.algorithm === hash && home.proxy === proxy
		? home
		: { proxy, realm, algorithm: hash }
}

/**
 * Whether the target of a 3xx gets an answer (ADR 24): inside of the account's domain always; elsewhere in the realm of the account's
 * own server alone, or in the one that has the domain's name.
 */
export function mayAnswerThere(
	home: HomeRealm | undefined,
	{ challenge }: HeldChallenge,
	redirectUri: string,
	aor: string,
): boolean {
	const domain = hostOf(aor)
	const host = hostOf(redirectUri)
	if (domain !== '' && (host === domain || host.endsWith(`.${domain}`))) return true
	return challenge.realm === home?.realm || challenge.realm.toLowerCase() === domain
}

function hostOf(uriText: string): string {
	const uri = parseUri(uriText)
	if (uri?.scheme !== 'sip' && uri?.scheme !== 'sips') return ''
	// Where there is one, that is where the request goes (RFC 3261 19.1.1).
	return (uri.params.get('maddr') ?? uri.host).toLowerCase()
}
