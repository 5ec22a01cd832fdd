import type { DeviceId } from '@vigil/domain'
import {
	ALLOW_EVENTS,
	headerList,
	parseNameAddr,
	parseUri,
	responseOutsideOfDialogs,
	type SipRequest,
	tagOf,
	unsupportedOptions,
} from '@vigil/sip'
import type { FlowToken } from './flow-token.ts'
import { readRoutes, withRoutes } from './route-set.ts'
import { type LocalResponse, localResponse, malformed, type OwnSentBy, screen, withOneHopLess } from './screen.ts'
import { type WorkerHop, workerHopOf } from './worker-hop.ts'

/** Forward it through the flow that the device has now. */
export interface ToDevice {
	readonly kind: 'to-device'
	readonly deviceId: DeviceId
	/** Our routes are gone and a hop is counted; Record-Route and Via are not there yet. */
	readonly request: SipRequest
	readonly inDialog: boolean
	/** Set for a request that makes a dialog: what its Record-Route must lead back to. */
	readonly worker?: WorkerHop
}

/** Forward it to the worker of its dialog, if it came through the flow of that device. */
export interface ToWorker {
	readonly kind: 'to-worker'
	readonly deviceId: DeviceId
	readonly worker: WorkerHop
	readonly request: SipRequest
}

/** An INVITE with which a device calls: for the worker, once it is known which device it is. */
export interface DeviceOutgoingCall {
	readonly kind: 'device-outgoing-call'
	/** Routes to us are gone and a hop is counted; identity, Record-Route and Via are not there yet. */
	readonly request: SipRequest
}

/** An OPTIONS that asks what an INVITE there would meet. */
export interface Ping {
	readonly kind: 'ping'
	/** For a device that may call; others hear what their INVITE would. */
	readonly reply: LocalResponse
}

export interface RoutingRules {
	readonly tokenKey: Uint8Array
	readonly isOwnSentBy: OwnSentBy
	/** Whether a host in a URI means this edge. */
	readonly isOwnHost: (host: string) => boolean
}

/** Requests that make a dialog when they are outside of one (RFC 3261 12.1, RFC 6665 4.1, RFC 3515 2.4.4). */
const DIALOG_FORMING: ReadonlySet<string> = new Set(['INVITE', 'SUBSCRIBE', 'NOTIFY', 'REFER'])

/** What devices may send us; in a dialog also what the other end allows. */
const ALLOW = 'INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE, PRACK, REFER, NOTIFY, REGISTER'
/** Options that the edge speaks (RFC 5626), or that pass through to the other end (RFC 3262, RFC 4028). */
const UNDERSTOOD: ReadonlySet<string> = new Set(['outbound', '100rel', 'timer'])

/** What the edge can do for those who ask it, RFC 3261 11.2. */
const CAPABILITIES: LocalResponse['headers'] = [
	['Allow', ALLOW],
	['Accept', 'application/sdp'],
	['Accept-Encoding', 'identity'],
	['Supported', [...UNDERSTOOD].join(', ')],
	ALLOW_EVENTS,
]

/** What becomes of a request from the internal side, which is trusted. An ACK that gets an answer here is dropped. */
export function decideFromWorker(request: SipRequest, rules: RoutingRules): LocalResponse | ToDevice {
	const routes = readRoutes(request, rules.tokenKey)
	if (routes.kind === 'none')
		return isPing(request) ? localResponse(200, undefined, CAPABILITIES) : localResponse(403, 'No Flow Token')
	if (routes.kind === 'refused') return localResponse(403, 'Bad Flow Token')
	const refusal = screen(request, rules.isOwnSentBy)
	if (refusal) return refusal
	return toDevice(withOneHopLess(withRoutes(request, routes.rest)), routes.token)
}

function toDevice(request: SipRequest, { deviceId }: FlowToken): LocalResponse | ToDevice {
	const inDialog = isInDialog(request)
	const decision: ToDevice = { kind: 'to-device', deviceId, request, inDialog }
	if (inDialog || !DIALOG_FORMING.has(request.method)) return decision
	const worker = workerHopOf(request)
	return worker ? { ...decision, worker } : localResponse(400, 'Unusable Contact')
}

/**
 * What becomes of a request from a device, REGISTER apart. What belongs to a dialog made through this edge goes to the worker
 * that the token names, an INVITE outside of one to the worker that takes calls: nothing that a device writes chooses the
 * next hop. An ACK that gets an answer here is dropped.
 */
export function decideFromDevice(
	request: SipRequest,
	rules: RoutingRules,
): LocalResponse | ToWorker | DeviceOutgoingCall | Ping {
	const fault = malformed(request)
	if (fault) return fault
	const routes = readRoutes(request, rules.tokenKey)
	if (!isInDialog(request)) return decideOutsideOfDialog(request, rules)
	if (routes.kind === 'none') return localResponse(481)
	if (routes.kind === 'refused' || !routes.token.worker || routes.rest.length > 0)
		return localResponse(403, 'Bad Route')
	const refusal = screen(request, rules.isOwnSentBy)
	if (refusal) return refusal
	const { deviceId, worker } = routes.token
	return { kind: 'to-worker', deviceId, worker, request: withOneHopLess(withRoutes(request, [])) }
}

function decideOutsideOfDialog(request: SipRequest, rules: RoutingRules): LocalResponse | DeviceOutgoingCall | Ping {
	const { method } = request
	if (method !== 'INVITE' && method !== 'OPTIONS') {
		const { status, headers } = responseOutsideOfDialogs(method, ALLOW)
		return localResponse(status, undefined, headers)
	}
	// RFC 3261 8.1.2: a device may have us as its outbound proxy, and says so by a Route that is no token.
	if (!headerList(request.headers, 'Route').every((route) => isOwnRoute(route, rules)))
		return localResponse(403, 'Bad Route')
	if (method === 'OPTIONS') return ping(request, rules)
	return (
		screen(request, rules.isOwnSentBy) ?? {
			kind: 'device-outgoing-call',
			request: withOneHopLess(withRoutes(request, [])),
		}
	)
}

/** It goes no further, so neither its hops nor what it demands of proxies count (RFC 3261 11.2, 16.3 step 3). */
function ping(request: SipRequest, { isOwnHost }: RoutingRules): LocalResponse | Ping {
	const uri = parseUri(request.uri)
	const isForEdge = (uri?.scheme === 'sip' || uri?.scheme === 'sips') && uri.user === undefined && isOwnHost(uri.host)
	const unsupported = unsupportedOptions(request.headers, 'Require', UNDERSTOOD)
	const reply = unsupported ? localResponse(420, undefined, [unsupported]) : localResponse(200, undefined, CAPABILITIES)
	return isForEdge ? reply : { kind: 'ping', reply }
}

function isOwnRoute(route: string, { isOwnHost }: RoutingRules): boolean {
	const uri = parseUri(parseNameAddr(route)?.uri ?? '')
	return (uri?.scheme === 'sip' || uri?.scheme === 'sips') && uri.user === undefined && isOwnHost(uri.host)
}

function isPing(request: SipRequest): boolean {
	return request.method === 'OPTIONS' && !isInDialog(request)
}

function isInDialog(request: SipRequest): boolean {
	return tagOf(request.headers.get('To') ?? '') !== undefined
}
