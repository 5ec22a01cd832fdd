import { formatUri, headerList, hostAddress, parseNameAddr, parseUri, type SipRequest, type SipUri } from '@vigil/sip'
import type { Binding, LocationTable } from './location-table.ts'
import type { WirePeer, WireTransport } from './sip-wire.ts'

const DEFAULT_SIP_PORT = 5060

/** Where the proxy itself listens. */
export interface ProxyAddress {
	readonly host: string
	readonly port: number
}

/** The user part of a SIP URI, by which this server knows its addresses-of-record. */
export function userOf(uri: string): string | undefined {
	return sipUri(uri)?.user
}

/** The user part of the URI in a From, To or Contact value. */
export function userOfAddress(value: string | undefined): string | undefined {
	return userOf(parseNameAddr(value ?? '')?.uri ?? '')
}

/** The socket address that a SIP URI names; names are not resolved, so undefined unless the host is an address. */
export function peerOfUri(uri: string, defaultTransport: WireTransport = 'udp'): WirePeer | undefined {
	const parsed = sipUri(uri)
	if (!parsed || !/^[\d.]+$|^\[/.test(parsed.host)) return undefined
	const transport = parsed.params.get('transport')?.toLowerCase()
	return {
		transport: transport === 'tcp' || transport === 'udp' ? transport : defaultTransport,
		host: hostAddress(parsed.host),
		port: parsed.port ?? DEFAULT_SIP_PORT,
	}
}

/** True when the URI names the proxy itself. */
export function isOwnUri(uri: string, own: ProxyAddress): boolean {
	const peer = peerOfUri(uri)
	return peer !== undefined && peer.host === own.host && peer.port === own.port
}

/** Removes the topmost Route value when it is the proxy's own (RFC 3261 16.4); true when it was. */
export function popOwnRoute(request: SipRequest, own: ProxyAddress): boolean {
	const [first, ...rest] = headerList(request.headers, 'Route')
	const uri = parseNameAddr(first ?? '')?.uri
	if (uri === undefined || !isOwnUri(uri, own)) return false
	request.headers.remove('Route')
	for (const route of rest) request.headers.append('Route', route)
	return true
}

/** Where a request goes next (RFC 3261 16.6 step 7): the topmost Route, a registered contact's own connection, or the Request-URI. */
export function nextHop(
	request: SipRequest,
	table: LocationTable,
	nowMs: number,
	isOpen: (peer: WirePeer) => boolean,
): WirePeer | undefined {
	const [route] = headerList(request.headers, 'Route')
	if (route !== undefined) return peerOfUri(parseNameAddr(route)?.uri ?? '')
	const binding = table.findByContact(request.uri, nowMs)
	return binding ? hopToBinding({ ...binding, path: [] }, isOpen) : peerOfUri(request.uri)
}

/**
 * Where a request for a binding goes: along its Path, or else back where its REGISTER came from. Where that connection has ended:
 * to the contact, or nowhere where the server knows the binding by the connection.
 */
export function hopToBinding(binding: Binding, isOpen: (peer: WirePeer) => boolean): WirePeer | undefined {
	const [path] = binding.path
	const viaPath = path === undefined ? undefined : peerOfUri(parseNameAddr(path)?.uri ?? '')
	if (viaPath !== undefined || isOpen(binding.source)) return viaPath ?? binding.source
	return binding.byConnection ? undefined : (peerOfUri(binding.target) ?? binding.source)
}

/** The proxy's own URI as a Record-Route value. */
export function recordRoute(own: ProxyAddress, transport: WireTransport): string {
	const params = new Map<string, string | undefined>([['lr', undefined]])
	if (transport === 'tcp') params.set('transport', 'tcp')
	return `<${formatUri({ scheme: 'sip', host: own.host, port: own.port, params })}>`
}

function sipUri(text: string): SipUri | undefined {
	const uri = parseUri(text)
	return uri?.scheme === 'sip' || uri?.scheme === 'sips' ? uri : undefined
}
