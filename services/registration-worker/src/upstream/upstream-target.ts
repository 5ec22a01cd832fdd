import type { Account, UpstreamTransport } from '@vigil/domain'
import { parseUri } from '@vigil/sip'

/** Where an account's requests go before RFC 3263 resolution. */
export interface UpstreamTarget {
	readonly host: string
	readonly port: number | undefined
	readonly transport: UpstreamTransport
}

/** The outbound proxy where one is set, else the account's domain; a redirect (3xx) overrides both for one request. */
export function upstreamTarget(account: Account, redirectUri?: string): UpstreamTarget {
	const text = redirectUri ?? `sip:${account.attributes.outboundProxy ?? account.domain}`
	const target = targetOfUri(text, account.transport)
	if (!target) throw new Error(`${text} is no host or host:port`)
	return target
}

/** Host, port and transport that a SIP URI names (RFC 3263 4.1); `fallback` where it names no transport. */
export function targetOfUri(uriText: string, fallback: UpstreamTransport): UpstreamTarget | undefined {
	const uri = parseUri(uriText)
	if (!uri || (uri.scheme !== 'sip' && uri.scheme !== 'sips')) return undefined
	const named = uri.params.get('transport')?.toLowerCase()
	const transport = isTransport(named) ? named : uri.scheme === 'sips' && fallback === 'udp' ? 'tls' : fallback
	const host = uri.params.get('maddr') ?? uri.host
	return { host: host.replace(/^\[|\]$/g, ''), port: uri.port, transport }
}

function isTransport(text: string | undefined): text is UpstreamTransport {
	return text === 'udp' || text === 'tcp' || text === 'tls' || text === 'ws' || text === 'wss'
}
