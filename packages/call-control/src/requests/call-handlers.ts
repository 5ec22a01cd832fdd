import { buildResponse, type SipRequest, type SipResponse, tagOf, validateMessage } from '@vigil/sip'
import type { EndpointHandlers, Flow, ServerTransaction } from '@vigil/sip-transport'
import type { CallDeps } from '../call-deps.ts'
import { IncomingCallDriver } from '../incoming/incoming-call-driver.ts'
import { beginOutgoingCall } from '../outgoing/outgoing-requests.ts'
import type { CallTarget } from '../ports/call-target.ts'
import type { FoundTarget } from '../ports/call-targets.ts'
import type { CallRequestDeps } from './call-request-deps.ts'
import { hopsRefusal, methodRefusal, optionsResponse, schemeRefusal } from './own-responses.ts'

/** What arrives from SIP servers. A request for what is no target of ours learns nothing. */
export function upstreamHandlers(deps: CallRequestDeps): EndpointHandlers {
	const find = (tag: string | undefined) => deps.calls().registry.byTag(tag, 'upstream')
	return {
		screen: (request, flow, key) => screenInvite(deps, request, flow, key),
		onRequest: (transaction) => {
			const { request } = transaction
			const toTag = tagOf(request.headers.get('To') ?? '')
			const found = toTag === undefined ? deps.targets().find(request, transaction.flow) : undefined
			const malformed = validateMessage(request)
			const refusal = malformed ? (malformed.reply ?? buildResponse(request, 400)) : schemeRefusal(request)
			if (refusal) transaction.respond(refusal)
			else if (toTag !== undefined) inDialog(deps, transaction, toTag)
			else if (!found || isRefused(deps, request, found)) transaction.respond(buildResponse(request, 404))
			else if (request.method === 'INVITE') beginCall(deps, transaction, found)
			else {
				const { target } = found
				if (request.method === 'OPTIONS') target.pinged()
				transaction.respond(methodRefusal(request) ?? refusalOf(deps, request, target) ?? optionsResponse(request))
			}
		},
		onAck: (ack, flow) => {
			const found = find(tagOf(ack.headers.get('To') ?? ''))
			found?.call.ack('upstream', found.legId, ack, flow)
		},
		onResponse2xx: (response) => {
			const found = find(tagOf(response.headers.get('From') ?? ''))
			found?.call.strayResponse('upstream', found.legId, response)
		},
	}
}

/** What arrives from the edges: INVITEs of devices that call, requests and repeated answers of those that are in a call. */
export function edgeHandlers(deps: CallRequestDeps): EndpointHandlers {
	const find = (tag: string | undefined) => deps.calls().registry.byTag(tag, 'device')
	return {
		onRequest: (transaction) => {
			const { request } = transaction
			const toTag = tagOf(request.headers.get('To') ?? '')
			const malformed = validateMessage(request)
			const found = find(toTag)
			if (malformed) transaction.respond(malformed.reply ?? buildResponse(request, 400))
			else if (toTag === undefined && request.method === 'INVITE') beginOutgoingCall(deps, transaction)
			else if (!found) afterCall(deps, transaction)
			else found.call.request('device', found.legId, transaction)
		},
		onAck: (ack, flow) => {
			const found = find(tagOf(ack.headers.get('To') ?? ''))
			found?.call.ack('device', found.legId, ack, flow)
		},
		onResponse2xx: (response) => {
			const found = find(tagOf(response.headers.get('From') ?? ''))
			found?.call.strayResponse('device', found.legId, response)
		},
	}
}

/**
 * Why an INVITE that would begin a call does not, by the state of its target and by the limits. Its other faults are looked for
 * when it is taken on.
 */
function screenInvite(deps: CallRequestDeps, invite: SipRequest, flow: Flow, key: string): SipResponse | undefined {
	if (invite.method !== 'INVITE' || tagOf(invite.headers.get('To') ?? '') !== undefined) return undefined
	const found = deps.targets().find(invite, flow)
	if (!found || found.source === 'refused') return undefined
	const { target, source } = found
	return refusalOf(deps, invite, target) ?? target.screen({ invite, isUsualSource: source === 'usual' }, key)
}

/** Who may not call from where he does hears what a stranger to whom nothing is known hears. */
function isRefused(deps: CallRequestDeps, { method }: SipRequest, { target, source }: FoundTarget): boolean {
	if (source !== 'refused') return false
	if (method === 'INVITE') deps.sourceCounts.refused++
	const { accountId } = target.owner
	deps.logger.info({ accountId, method }, 'a request from elsewhere than the registrar was refused')
	return true
}

function beginCall(deps: CallRequestDeps, transaction: ServerTransaction, { target, source }: FoundTarget): void {
	const calls = deps.calls()
	const { request } = transaction
	const refusal = refusalOf(deps, request, target) ?? mergedRefusal(calls, target, request)
	if (refusal) {
		transaction.respond(refusal)
		return
	}
	const isUsualSource = source === 'usual'
	const admitted = target.admit({ invite: request, isUsualSource })
	if ('refusal' in admitted) {
		transaction.respond(admitted.refusal)
		return
	}
	calls.invites.add(target.id, transaction)
	target.callWaits()
	if (!isUsualSource) deps.sourceCounts.unusual++
	const call = new IncomingCallDriver(calls, target, transaction, admitted.release)
	calls.registry.add(call)
	calls.registry.addTag(call.localTag, call, 'upstream')
	call.begin(source)
}

/** RFC 3261 8.2.2.2: the same INVITE by another way is a loop or a fork that met itself. */
function mergedRefusal(calls: CallDeps, { id }: CallTarget, request: SipRequest): SipResponse | undefined {
	return calls.invites.isMerged(id, request) ? buildResponse(request, 482) : undefined
}

/** Why the target takes no call now; an OPTIONS hears the same (RFC 3261 11.2). */
function refusalOf(deps: CallRequestDeps, request: SipRequest, target: CallTarget): SipResponse | undefined {
	if (!deps.accepting()) return buildResponse(request, 503, undefined, { headers: [['Retry-After', '5']] })
	return target.isAvailable ? hopsRefusal(request) : buildResponse(request, 480)
}

function inDialog(deps: CallRequestDeps, transaction: ServerTransaction, toTag: string): void {
	const found = deps.calls().registry.byTag(toTag, 'upstream')
	if (!found) {
		afterCall(deps, transaction)
		return
	}
	// Who knows our tag is no stranger.
	transaction.admit?.()
	found.call.request('upstream', found.legId, transaction)
}

/** A request in a dialog that no call has: the outcome of a transfer may still come. */
function afterCall(deps: CallRequestDeps, transaction: ServerTransaction): void {
	const { request } = transaction
	const isTaken = deps.calls().subscriptions.take(request)
	if (isTaken) transaction.admit?.()
	transaction.respond(buildResponse(request, isTaken ? 200 : 481))
}
