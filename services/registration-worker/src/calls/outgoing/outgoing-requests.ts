import type { DeviceId } from '@vigil/domain'
import { buildResponse, headerList, parseNameAddr, parseUri, type SipRequest, type SipResponse } from '@vigil/sip'
import type { ServerTransaction } from '@vigil/sip-transport'
import type { AccountDirectory } from '../../accounts/account-directory.ts'
import type { CallGate } from '../../admission/call-gate.ts'
import type { CallDeps } from '../call-deps.ts'
import type { RegistrationHints } from '../registration-hints.ts'
import { chooseLine, type LineRefusal } from './line-choice.ts'
import type { OutgoingBounds } from './outgoing-bounds.ts'
import { OutgoingCallDriver } from './outgoing-call-driver.ts'

export interface OutgoingDeps {
	readonly calls: () => CallDeps
	readonly directory: AccountDirectory
	readonly bounds: OutgoingBounds
	readonly gate: () => CallGate
	readonly hints: RegistrationHints
	/** False while the worker drains. */
	readonly accepting: () => boolean
}

const TOO_MANY: LineRefusal = {
	status: 480,
	reason: 'Too Many Calls at Once',
	detail: 'the device, its account or tenant has as many outgoing calls as it may have',
}

/** An INVITE with which a device calls, vouched for by its edge. */
export function beginOutgoingCall(deps: OutgoingDeps, invite: ServerTransaction): void {
	const { request } = invite
	const deviceId = callingDevice(request)
	const calls = deps.calls()
	const refusal = refusalOf(deps, request, deviceId !== undefined && calls.invites.isMerged(deviceId, request))
	if (refusal || deviceId === undefined) {
		invite.respond(refusal ?? buildResponse(request, 403))
		return
	}
	const lines = deps.directory.accountsOfDevice(deviceId).flatMap((id) => deps.directory.get(id) ?? [])
	const choice = chooseLine(request, deviceId, lines)
	if ('refusal' in choice) {
		invite.respond(refused(request, choice.refusal))
		return
	}
	const release = deps.bounds.take(deviceId, choice.line.account)
	if (typeof release !== 'function') {
		deps.gate().noteRefused(choice.line.account, release)
		invite.respond(refused(request, TOO_MANY))
		return
	}
	const admitted = deps.gate().takeOutgoing(request, choice.line.account, deviceId)
	if ('refusal' in admitted) {
		release()
		invite.respond(admitted.refusal)
		return
	}
	calls.invites.add(deviceId, invite)
	deps.hints.callWaits(choice.line.account.id)
	const onOver = () => {
		release()
		admitted.release()
	}
	const call = new OutgoingCallDriver(calls, { entry: choice.line, deviceId, invite, onOver })
	calls.registry.add(call)
	calls.registry.addTag(call.localTag, call, 'device')
	void call.begin()
}

function refusalOf(deps: OutgoingDeps, request: SipRequest, merged: boolean): SipResponse | undefined {
	if (!deps.accepting()) return buildResponse(request, 503, undefined, { headers: [['Retry-After', '5']] })
	// RFC 3261 8.2.2.2.
	return merged ? buildResponse(request, 482) : undefined
}

/** The device that the edge has authenticated (RFC 3325): the user of P-Asserted-Identity. */
function callingDevice({ headers }: SipRequest): DeviceId | undefined {
	const uri = parseUri(parseNameAddr(headerList(headers, 'P-Asserted-Identity')[0] ?? '')?.uri ?? '')
	return uri?.scheme === 'sip' && uri.user ? (uri.user as DeviceId) : undefined
}

/** RFC 3261 20.43: the text of warn-code 399 is for people. */
function refused(request: SipRequest, { status, reason, detail }: LineRefusal): SipResponse {
	const text = detail.replace(/["\\]/g, "'")
	return buildResponse(request, status, reason, { headers: [['Warning', `399 vigil "${text}"`]] })
}
