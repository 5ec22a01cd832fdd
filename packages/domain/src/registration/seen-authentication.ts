import type { HashAlgorithm } from '@vigil/sip'

/** What an answer to a challenge is made for and with. */
export interface AskedAuthentication {
	readonly realm: string
	readonly algorithm: HashAlgorithm
	/** Whether the answer covers a nonce of ours and a count (`auth`, `auth-int`), or not (RFC 2069). */
	readonly qop: 'auth' | 'none'
}

/** Another realm than before, or one where none was; a weaker hash, or no qop any more. */
export type AuthenticationNote = 'realm-changed' | 'weaker'

/** The last change of what was asked. */
export interface AuthenticationChange {
	readonly atMs: number
	/** By a proxy on the way (407), not the server itself (401). */
	readonly byProxy: boolean
	/** Absent where the change is none for the worse. */
	readonly note?: AuthenticationNote
	/** Absent where nothing was asked before. */
	readonly before?: AskedAuthentication
}

/** What the SIP server of an account, and a proxy on the way, have asked for, with this credential. */
export interface SeenAuthentication {
	/** The transport address that REGISTERs go to. */
	readonly server: string
	readonly credentialVersion: number
	readonly byServer?: AskedAuthentication
	readonly byProxy?: AskedAuthentication
	readonly change?: AuthenticationChange
}

/** What is to be seen begins anew with another server or credential: whoever sets one has decided whom to trust. */
export function seenFor(
	seen: SeenAuthentication | undefined,
	server: string,
	credentialVersion: number,
): SeenAuthentication {
	const goesOn = seen?.server === server && seen.credentialVersion === credentialVersion
	return goesOn ? seen : { server, credentialVersion }
}

/** Changes are told at most this often: a server that asks for something else each time says nothing new. */
const TOLD_EVERY_MS = 3_600_000

export interface Asking {
	readonly byProxy: boolean
	readonly asked: AskedAuthentication
	/** Nothing was asked before the turn that is under way: more than one party may ask within it. */
	readonly isFirst: boolean
	readonly nowMs: number
}

/** What has been seen after a challenge that is answered; the same object where that is nothing new. */
export function seenAfter(seen: SeenAuthentication, { byProxy, asked, isFirst, nowMs }: Asking): SeenAuthentication {
	const place = byProxy ? 'byProxy' : 'byServer'
	const before = seen[place]
	if (before !== undefined && isSameAsked(before, asked)) return seen
	if (isFirst) return { ...seen, [place]: asked }
	if (seen.change !== undefined && nowMs - seen.change.atMs < TOLD_EVERY_MS) return seen
	const note = noteOf(before, asked)
	const change = { atMs: nowMs, byProxy, ...(note && { note }), ...(before && { before }) }
	return { ...seen, [place]: asked, change }
}

/** What is asked now: by whom the last change for the worse was, else by the server before a proxy. */
export function askedNow({ byServer, byProxy, change }: SeenAuthentication): AskedAuthentication | undefined {
	return change?.note !== undefined && change.byProxy ? byProxy : (byServer ?? byProxy)
}

export function isSameAsked(one: AskedAuthentication, other: AskedAuthentication): boolean {
	return one.realm === other.realm && one.algorithm === other.algorithm && one.qop === other.qop
}

function noteOf(before: AskedAuthentication | undefined, asked: AskedAuthentication): AuthenticationNote | undefined {
	if (before?.realm !== asked.realm) return 'realm-changed'
	const isWeaker =
		strength(asked.algorithm) < strength(before.algorithm) || (before.qop === 'auth' && asked.qop === 'none')
	return isWeaker ? 'weaker' : undefined
}

/** RFC 8760 2.4 has MD5 for backward compatibility alone; of the SHA-2 family neither is weak. */
function strength(algorithm: HashAlgorithm): number {
	return algorithm === 'MD5' ? 0 : 1
}
