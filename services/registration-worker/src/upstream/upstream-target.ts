import type { UpstreamTransport } from '@vigil/domain'
import type { NamedBy } from '@vigil/runtime'
import { parseUri } from '@vigil/sip'
import type { TargetQuery } from '@vigil/sip-transport'

/** Where an account's requests go before RFC 3263 resolution. */
export interface UpstreamTarget {
	readonly host: string
	readonly port: number | undefined
	readonly transport: UpstreamTransport
	/** Path of the URL over WebSocket; `/` when absent. */
	readonly path?: string
	/** Who named it; `account` when absent. */
	readonly namedBy?: NamedBy
}

/** A target with the path that goes with its transport, if one is set. */
export function withPath(target: UpstreamTarget, path: string | undefined): UpstreamTarget {
	return path === undefined || (target.transport !== 'ws' && target.transport !== 'wss') ? target : { ...target, path }
}

/** Host, port and transport that a SIP URI names (RFC 3263 4.1); `fallback` where it names no transport. */
export function targetOfUri(uriText: string, fallback: UpstreamTransport): UpstreamTarget | undefined {
	const uri = parseUri(uriText)
	if (!uri || (uri.scheme !== 'sip' && uri.scheme !== 'sips')) return undefined
	const named = uri.params.get('transport')?.toLowerCase()
	const transport = isTransport(named) ? named : uri.scheme === 'sips' && fallback === 'udp' ? 'tls' : fallback
	return { host: plainHost(uri.params.get('maddr') ?? uri.host), port: uri.port, transport }
}

/** What the URI of a next hop says of where it is (RFC 3263 4): a transport only where it names one. Undefined when it is no SIP URI. */
export function targetOfHop(uriText: string): TargetQuery | undefined {
	const uri = parseUri(uriText)
	if (!uri || (uri.scheme !== 'sip' && uri.scheme !== 'sips')) return undefined
	const named = uri.params.get('transport')?.toLowerCase()
	return {
		host: plainHost(uri.params.get('maddr') ?? uri.host),
		secure: uri.scheme === 'sips',
		...(uri.port === undefined ? {} : { port: uri.port }),
		...(isTransport(named) ? { transport: named } : {}),
	}
}

function plainHost(host: string): string {
	return host.replace(/^\[|\]$/g, '')
}

function isTransport(text: string | undefined): text is UpstreamTransport {
	return text === 'udp' || text === 'tcp' || text === 'tls' || text === 'ws' || text === 'wss'
}
