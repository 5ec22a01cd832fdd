import { quote } from '../address/quoted.ts'
import { parseAuthParams } from './auth-params.ts'

/** What Authentication-Info and Proxy-Authentication-Info say on success (RFC 7616 3.5, RFC 3261 20.6). */
export interface AuthenticationInfo {
	/** The nonce to use from now on, its count beginning at 1 again. */
	readonly nextnonce?: string
	readonly qop?: string
	/** The server's own proof that it knows the password: `digestResponse` with an empty method. */
	readonly rspauth?: string
	readonly cnonce?: string
	readonly nc?: string
}

/** Reads an Authentication-Info value; undefined when a quoted string never closes. */
export function parseAuthenticationInfo(text: string): AuthenticationInfo | undefined {
	const params = parseAuthParams(text)
	if (!params) return undefined
	const info: { -readonly [K in keyof AuthenticationInfo]: AuthenticationInfo[K] } = {}
	for (const name of ['nextnonce', 'qop', 'rspauth', 'cnonce', 'nc'] as const) {
		const value = params.get(name)
		if (value !== undefined) info[name] = value
	}
	return info
}

/** Writes an Authentication-Info value. */
export function formatAuthenticationInfo(info: AuthenticationInfo): string {
	const fields: string[] = []
	if (info.nextnonce !== undefined) fields.push(`nextnonce=${quote(info.nextnonce)}`)
	if (info.qop !== undefined) fields.push(`qop=${info.qop}`)
	if (info.rspauth !== undefined) fields.push(`rspauth=${quote(info.rspauth)}`)
	if (info.cnonce !== undefined) fields.push(`cnonce=${quote(info.cnonce)}`)
	if (info.nc !== undefined) fields.push(`nc=${info.nc}`)
	return fields.join(', ')
}
