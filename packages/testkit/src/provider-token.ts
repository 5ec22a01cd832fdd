import { type KeyObject, verify } from 'node:crypto'

/** Apple takes a provider token for an hour after it was issued. */
const MAX_AGE_SECONDS = 3600
/** An ES256 signature is r and s, 32 octets each (RFC 7518 3.4). */
const ES256_SIGNATURE_BYTES = 64

export interface ProviderToken {
	readonly keyId: string
	readonly teamId: string
	/** Seconds since the epoch. */
	readonly issuedAt: number
}

export type ProviderTokenVerdict =
	| { readonly ok: true; readonly token: ProviderToken }
	| { readonly ok: false; readonly reason: 'MissingProviderToken' | 'InvalidProviderToken' | 'ExpiredProviderToken' }

/**
 * Reads the `authorization` header of an APNs request: a JWT signed with ES256 whose header has `kid` and
 * whose claims have `iss` and `iat`. The signature itself is checked when the public key is known.
 */
export function checkProviderToken(
	authorization: string | undefined,
	nowSeconds: number,
	publicKey?: KeyObject,
): ProviderTokenVerdict {
	const jwt = /^bearer (\S+)$/i.exec(authorization ?? '')?.[1]
	if (jwt === undefined) return { ok: false, reason: 'MissingProviderToken' }
	const token = readToken(jwt)
	if (!token || !isSigned(jwt, publicKey)) return { ok: false, reason: 'InvalidProviderToken' }
	if (Math.abs(nowSeconds - token.issuedAt) > MAX_AGE_SECONDS) return { ok: false, reason: 'ExpiredProviderToken' }
	return { ok: true, token }
}

function readToken(jwt: string): ProviderToken | undefined {
	const parts = jwt.split('.')
	if (parts.length !== 3) return undefined
	const header = readJson(parts[0])
	const claims = readJson(parts[1])
	if (header?.alg !== 'ES256' || typeof header.kid !== 'string') return undefined
	if (typeof claims?.iss !== 'string' || typeof claims.iat !== 'number') return undefined
	return { keyId: header.kid, teamId: claims.iss, issuedAt: claims.iat }
}

function isSigned(jwt: string, publicKey: KeyObject | undefined): boolean {
	const separator = jwt.lastIndexOf('.')
	const signature = Buffer.from(jwt.slice(separator + 1), 'base64url')
	if (signature.length !== ES256_SIGNATURE_BYTES) return false
	if (!publicKey) return true
	return verify(
		'sha256',
		Buffer.from(jwt.slice(0, separator)),
		{ key: publicKey, dsaEncoding: 'ieee-p1363' },
		signature,
	)
}

function readJson(part: string | undefined): Record<string, unknown> | undefined {
	try {
		const value: unknown = JSON.parse(Buffer.from(part ?? '', 'base64url').toString('utf8'))
		return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined
	} catch {
		return undefined
	}
}
