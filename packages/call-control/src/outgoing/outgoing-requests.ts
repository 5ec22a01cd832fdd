import type { DeviceId } from '@vigil/domain'
import { buildResponse, headerList, parseNameAddr, parseUri, type SipRequest, type SipResponse } from '@vigil/sip'
import type { ServerTransaction } from '@vigil/sip-transport'
import type { CallRequestDeps } from '../requests/call-request-deps.ts'
import { OutgoingCallDriver } from './outgoing-call-driver.ts'

/** An INVITE with which a device calls, vouched for by its edge. */
export function beginOutgoingCall(deps: CallRequestDeps, invite: ServerTransaction): void {
	const { request } = invite
	const deviceId = callingDevice(request)
	const calls = deps.calls()
	const refusal = refusalOf(deps, request, deviceId !== undefined && calls.invites.isMerged(deviceId, request))
	if (refusal || deviceId === undefined) {
		invite.respond(refusal ?? buildResponse(request, 403))
		return
	}
	const choice = deps.targets().lineFor(request, deviceId)
	if ('refusal' in choice) {
		invite.respond(choice.refusal)
		return
	}
	const { line } = choice
	const admitted = line.admitOutgoing(request, deviceId)
	if ('refusal' in admitted) {
		invite.respond(admitted.refusal)
		return
	}
	calls.invites.add(deviceId, invite)
	line.callWaits()
	const call = new OutgoingCallDriver(calls, { line, deviceId, invite, onOver: admitted.release })
	calls.registry.add(call)
	calls.registry.addTag(call.localTag, call, 'device')
	void call.begin()
}

function refusalOf(deps: CallRequestDeps, request: SipRequest, merged: boolean): SipResponse | undefined {
	if (!deps.accepting()) return buildResponse(request, 503, undefined, { headers: [['Retry-After', '5']] })
	// RFC 3261 8.2.2.2.
	return merged ? buildResponse(request, 482) : undefined
}

/** The device that the edge has authenticated (RFC 3325): the user of P-Asserted-Identity. */
function callingDevice({ headers }: SipRequest): DeviceId | undefined {
	const uri = parseUri(parseNameAddr(headerList(headers, 'P-Asserted-Identity')[0] ?? '')?.uri ?? '')
	return uri?.scheme === 'sip' && uri.user ? (uri.user as DeviceId) : undefined
}
