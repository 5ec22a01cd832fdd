import { formatUri, headerList, parseNameAddr, parseUri, type SipRequest } from '@vigil/sip'
import { type FlowToken, formatFlowToken, openFlowToken } from './flow-token.ts'

/** A side of the edge as it stands in a Route: where the peers of that side reach it. */
export interface RouteAddress {
	readonly transport: string
	/** IPv6 in brackets. */
	readonly host: string
	readonly port: number
}

/** Made once for an edge; `tag` stands before each token and tells the edges of a fleet apart. */
export interface TokenMint {
	readonly key: Uint8Array
	readonly tag: string
}

const TAG_END = '.'

/** All Route URIs of this edge begin like this. */
export function routePrefix(tag: string): string {
	return `sip:${tag}${TAG_END}`
}

/** The URI for a Route or Record-Route, without `<>`: `sip:TAG.TOKEN@host:port;transport=...;lr`. */
export function routeUri(mint: TokenMint, token: FlowToken, address: RouteAddress): string {
	return formatUri({
		scheme: 'sip',
		user: `${mint.tag}${TAG_END}${formatFlowToken(token, mint.key)}`,
		host: address.host,
		port: address.port,
		params: new Map([
			['transport', address.transport],
			['lr', undefined],
		]),
	})
}

export type RouteReading =
	| { readonly kind: 'none' }
	/** Our own routes stood on top. `rest` is what follows them. */
	| { readonly kind: 'own'; readonly token: FlowToken; readonly rest: readonly string[] }
	/** Not one of ours, or not any more as we made it. */
	| { readonly kind: 'refused' }

/**
 * Reads the Route header fields. A dialog carries two routes of ours, one for each side (RFC 5658); both say the same, so
 * they are taken together. Whether a route is ours is known by its token alone, never by its host.
 */
export function readRoutes(request: SipRequest, key: Uint8Array): RouteReading {
	const entries = headerList(request.headers, 'Route')
	const [first] = entries
	if (first === undefined) return { kind: 'none' }
	const user = userOf(first)
	const token = user && openUser(user, key)
	if (!token) return { kind: 'refused' }
	let own = 1
	while (own < entries.length && tokenTextOf(entries[own]) === tokenTextOf(first)) own++
	return { kind: 'own', token, rest: entries.slice(own) }
}

/** The request without our own routes. */
export function withRoutes(request: SipRequest, rest: readonly string[]): SipRequest {
	const headers = request.headers.clone().remove('Route')
	for (const entry of rest) headers.append('Route', entry)
	return { ...request, headers }
}

function tokenTextOf(entry: string | undefined): string | undefined {
	const user = entry === undefined ? undefined : userOf(entry)
	return user?.slice(user.lastIndexOf(TAG_END) + 1)
}

function userOf(entry: string): string | undefined {
	const address = parseNameAddr(entry)
	const uri = address && parseUri(address.uri)
	return uri?.scheme === 'sip' ? uri.user : undefined
}

function openUser(user: string, key: Uint8Array): FlowToken | undefined {
	return openFlowToken(user.slice(user.lastIndexOf(TAG_END) + 1), key)
}
