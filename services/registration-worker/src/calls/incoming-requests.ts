import { hopsRefusal, methodRefusal, optionsResponse, schemeRefusal } from '@vigil/call-control'
import type { AccountId } from '@vigil/domain'
import type { Logger } from '@vigil/runtime'
import { buildResponse, type SipRequest, type SipResponse, tagOf, validateMessage } from '@vigil/sip'
import type { EndpointHandlers, Flow, ServerTransaction } from '@vigil/sip-transport'
import type { AccountDirectory, DirectoryEntry } from '../accounts/account-directory.ts'
import type { CallGate } from '../admission/call-gate.ts'
import type { CallDeps } from './call-deps.ts'
import type { CalledAccount, CalledAccounts } from './called-accounts.ts'
import { IncomingCallDriver } from './incoming-call-driver.ts'
import type { InviteSourceCounts } from './invite-source-counts.ts'
import { beginOutgoingCall, type OutgoingDeps } from './outgoing/outgoing-requests.ts'
import type { RegistrationHints } from './registration-hints.ts'

export interface IncomingDeps {
	readonly calls: () => CallDeps
	readonly directory: AccountDirectory
	readonly called: () => Pick<CalledAccounts, 'find'>
	readonly logger: Logger
	readonly gate: () => CallGate
	readonly sourceCounts: InviteSourceCounts
	/** What the account's registration makes of what comes for it. */
	readonly hints: RegistrationHints
	/** False while the worker drains: new calls get 503 and are tried elsewhere by the server. */
	readonly accepting: () => boolean
}

/** What arrives from the customers' servers. A request to a Contact token that we never gave out learns nothing. */
export function upstreamHandlers(deps: IncomingDeps): EndpointHandlers {
	const find = (tag: string | undefined) => deps.calls().registry.byTag(tag, 'upstream')
	return {
		screen: (request, flow, key) => screenInvite(deps, request, flow, key),
		onRequest: (transaction) => {
			const { request } = transaction
			const toTag = tagOf(request.headers.get('To') ?? '')
			const called = toTag === undefined ? deps.called().find(request, transaction.flow) : undefined
			const malformed = validateMessage(request)
			const refusal = malformed ? (malformed.reply ?? buildResponse(request, 400)) : schemeRefusal(request)
			if (refusal) transaction.respond(refusal)
			else if (toTag !== undefined) inDialog(deps, transaction, toTag)
			else if (!called || isRefused(deps, request, called)) transaction.respond(buildResponse(request, 404))
			else if (request.method === 'INVITE') beginCall(deps, transaction, called)
			else {
				const { entry } = called
				if (request.method === 'OPTIONS') deps.hints.pinged(entry.account.id)
				transaction.respond(methodRefusal(request) ?? refusalOf(deps, request, entry) ?? optionsResponse(request))
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
export function edgeHandlers(deps: IncomingDeps & OutgoingDeps): EndpointHandlers {
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
 * Why an INVITE that would begin a call does not, by the state of its account and by the budgets. Its other faults are looked for
 * when it is taken on.
 */
function screenInvite(deps: IncomingDeps, invite: SipRequest, flow: Flow, key: string): SipResponse | undefined {
	if (invite.method !== 'INVITE' || tagOf(invite.headers.get('To') ?? '') !== undefined) return undefined
	const called = deps.called().find(invite, flow)
	if (!called || called.source === 'refused') return undefined
	const { entry, source } = called
	const bid = { invite, account: entry.account, isFromOwnServer: source === 'usual' }
	return refusalOf(deps, invite, entry) ?? deps.gate().refusal(bid, key)
}

/** Who may not call from where he does hears what a stranger to whom nothing is known hears. */
function isRefused(deps: IncomingDeps, { method }: SipRequest, { entry, source }: CalledAccount): boolean {
	if (source !== 'refused') return false
	if (method === 'INVITE') deps.sourceCounts.refused++
	deps.logger.info({ accountId: entry.account.id, method }, 'a request from elsewhere than the registrar was refused')
	return true
}

function beginCall(deps: IncomingDeps, transaction: ServerTransaction, { entry, source }: CalledAccount): void {
	const calls = deps.calls()
	const { id } = entry.account
	const refusal = refusalOf(deps, transaction.request, entry) ?? mergedRefusal(calls, id, transaction.request)
	if (refusal) {
		transaction.respond(refusal)
		return
	}
	const { request } = transaction
	const isFromOwnServer = source === 'usual'
	const admitted = deps.gate().take({ invite: request, account: entry.account, isFromOwnServer })
	if ('refusal' in admitted) {
		transaction.respond(admitted.refusal)
		return
	}
	calls.invites.add(id, transaction)
	deps.hints.callWaits(id)
	if (!isFromOwnServer) deps.sourceCounts.unusual++
	const call = new IncomingCallDriver(calls, entry, transaction, admitted.release)
	calls.registry.add(call)
	calls.registry.addTag(call.localTag, call, 'upstream')
	call.begin((deviceId) => deps.directory.binding(deviceId, calls.clock.wall()), source)
}

/** RFC 3261 8.2.2.2: the same INVITE by another way is a loop or a fork that met itself. */
function mergedRefusal(calls: CallDeps, id: AccountId, request: SipRequest): SipResponse | undefined {
	return calls.invites.isMerged(id, request) ? buildResponse(request, 482) : undefined
}

/** Why the account takes no call now; an OPTIONS hears the same (RFC 3261 11.2). */
function refusalOf(deps: IncomingDeps, request: SipRequest, { account }: DirectoryEntry): SipResponse | undefined {
	if (!deps.accepting()) return buildResponse(request, 503, undefined, { headers: [['Retry-After', '5']] })
	if (account.disabled || !account.attributes.pushEnabled) return buildResponse(request, 480)
	return hopsRefusal(request)
}

function inDialog(deps: IncomingDeps, transaction: ServerTransaction, toTag: string): void {
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
function afterCall(deps: IncomingDeps, transaction: ServerTransaction): void {
	const { request } = transaction
	const isTaken = deps.calls().subscriptions.take(request)
	if (isTaken) transaction.admit?.()
	transaction.respond(buildResponse(request, isTaken ? 200 : 481))
}
