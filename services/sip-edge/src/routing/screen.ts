import {
	canonicalHost,
	headerList,
	parseUri,
	parseVia,
	type SipRequest,
	unsupportedOptions,
	validateMessage,
} from '@vigil/sip'

/** A response that the edge sends of its own. */
export interface LocalResponse {
	readonly kind: 'response'
	readonly status: number
	readonly reason?: string
	readonly headers: readonly (readonly [name: string, value: string])[]
}

export function localResponse(status: number, reason?: string, headers: LocalResponse['headers'] = []): LocalResponse {
	return reason === undefined ? { kind: 'response', status, headers } : { kind: 'response', status, reason, headers }
}

/** Where this edge stands in a Via: `host:port`, host in canonical spelling. */
export type OwnSentBy = (hostPort: string) => boolean

const DEFAULT_MAX_FORWARDS = 70
const NO_OPTIONS: ReadonlySet<string> = new Set()

/**
 * The checks of RFC 3261 16.3 that come before routing: hops left, no loop, nothing demanded of a proxy that we do not know.
 * Undefined: the request may be forwarded.
 */
export function screen(request: SipRequest, isOwnSentBy: OwnSentBy): LocalResponse | undefined {
	const hops = hopsLeft(request)
	if (hops === undefined) return localResponse(400, 'Bad Max-Forwards')
	if (hops === 0) return localResponse(483)
	// No request passes here twice: the worker begins calls of its own. A Via of ours is a loop (16.3 item 4).
	if (headerList(request.headers, 'Via').some((via) => isVia(via, isOwnSentBy))) return localResponse(482)
	const unsupported = unsupportedOptions(request.headers, 'Proxy-Require', NO_OPTIONS)
	return unsupported && localResponse(420, undefined, [unsupported])
}

/** Schemes of what can be called; tel: means somebody at the account's server (RFC 3966). */
const SCHEMES: ReadonlySet<string> = new Set(['sip', 'sips', 'tel'])

/** What is wrong with a message of a stranger as such: 400 where it cannot be read, 416 for a scheme that nobody speaks (16.3 steps 1, 2). */
export function malformed(request: SipRequest): LocalResponse | undefined {
	const fault = validateMessage(request)
	if (fault) return localResponse(400, fault.detail)
	return SCHEMES.has(parseUri(request.uri)?.scheme ?? '') ? undefined : localResponse(416)
}

function isVia(text: string, isOwnSentBy: OwnSentBy): boolean {
	const via = parseVia(text)
	return via?.port !== undefined && isOwnSentBy(`${canonicalHost(via.host)}:${via.port}`)
}

/** Max-Forwards as a number, 70 when there is none (16.6 step 3); undefined when it is no number from 0 to 255. */
function hopsLeft(request: SipRequest): number | undefined {
	const text = request.headers.get('Max-Forwards')
	if (text === undefined) return DEFAULT_MAX_FORWARDS + 1
	return /^[0-9]{1,3}$/.test(text) && Number(text) <= 255 ? Number(text) : undefined
}

/** One hop less (16.6 step 3). Call it on what `screen` let through. */
export function withOneHopLess(request: SipRequest): SipRequest {
	const hops = hopsLeft(request) ?? DEFAULT_MAX_FORWARDS
	return { ...request, headers: request.headers.clone().set('Max-Forwards', String(Math.max(0, hops - 1))) }
}
