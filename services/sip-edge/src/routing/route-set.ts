import { formatUri, headerList, parseNameAddr, parseUri, type SipRequest } from '@vigil/sip'
import { type FlowToken, formatFlowToken, openFlowToken } from './flow-token.ts'

/** A side of the edge as it stands in a Route: where the peers of that side reach it. */
export interface RouteAddress {
	readonly transport: string
	/** IPv6 in brackets. */
	readonly host: string
	readonly port: number
}

/** The parameter that holds the token in the Route of a binding. */
const FLOW_PARAM = 'flow'

/** What every binding's Route through that side of the edge begins with, and what the store knows an edge by. */
export function edgeUri({ host, port }: Pick<RouteAddress, 'host' | 'port'>): string {
	return `sip:${host}:${port}`
}

/**
 * The Route to a device, for its binding: `sip:host:port;transport=...;lr;flow=TOKEN`. The token stands behind, as the
 * store finds the bindings of an edge by their beginning.
 */
export function bindingRoute(key: Uint8Array, token: FlowToken, address: RouteAddress): string {
	return formatUri({
		scheme: 'sip',
		host: address.host,
		port: address.port,
		params: new Map([
			['transport', address.transport],
			['lr', undefined],
			[FLOW_PARAM, formatFlowToken(token, key)],
		]),
	})
}

/**
 * The URI for the Record-Route of one side: `sip:TOKEN@host:port;transport=...;lr`. The token is the user part, which
 * all kinds of user agents leave alone.
 */
export function recordRoute(key: Uint8Array, token: FlowToken, address: RouteAddress): string {
	return formatUri({
		scheme: 'sip',
		user: formatFlowToken(token, key),
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
	const text = tokenTextOf(first)
	const token = text && openFlowToken(text, key)
	if (!token) return { kind: 'refused' }
	let own = 1
	while (own < entries.length && tokenTextOf(entries[own]) === text) own++
	return { kind: 'own', token, rest: entries.slice(own) }
}

/** The request without our own routes. */
export function withRoutes(request: SipRequest, rest: readonly string[]): SipRequest {
	const headers = request.headers.clone().remove('Route')
	for (const entry of rest) headers.append('Route', entry)
	return { ...request, headers }
}

function tokenTextOf(entry: string | undefined): string | undefined {
	const address = entry === undefined ? undefined : parseNameAddr(entry)
	const uri = address && parseUri(address.uri)
	return uri?.scheme === 'sip' ? (uri.user ?? uri.params.get(FLOW_PARAM)) : undefined
}
