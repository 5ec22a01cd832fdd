import type { UpstreamTransport } from '@vigil/domain'
import { parseUri } from '@vigil/sip'

/** Where an account's requests go before RFC 3263 resolution. */
export interface UpstreamTarget {
	readonly host: string
	readonly port: number | undefined
	readonly transport: UpstreamTransport
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
