import type { CallId, DeviceBinding } from '@vigil/domain'
import { wellFormedText } from '@vigil/runtime'
import { type BridgeEffect, callIdOf, createDeviceInvite, renameDialogs, startBridge } from '@vigil/sip'
import type { ServerTransaction } from '@vigil/sip-transport'
import type { CallDeps } from '../call-deps.ts'
import { remainingExpires } from '../leg/invite-expires.ts'
import { INVITE_TRANSACTION, LegDriver, type LegOwner } from '../leg/leg-driver.ts'
import type { CallSide } from '../ports/call-side.ts'
import type { CallTarget } from '../ports/call-target.ts'
import { calledAs } from '../record/call-identity.ts'
import { dialogNames } from '../registry/dialog-names.ts'

export interface DeviceLegStart {
	readonly callId: CallId
	readonly legId: number
	readonly binding: DeviceBinding
	readonly invite: ServerTransaction
	readonly target: CallTarget
	/** Where the caller is. */
	readonly side: CallSide
	readonly upstreamTag: string
	readonly upstreamContact: string
	/** Several devices ring: reliable provisional responses of theirs would contradict each other (RFC 3262). */
	readonly forked: boolean
	/** Until when the caller wants an answer, epoch ms. */
	readonly expiresAtMs: number | undefined
	/** RSeq of a reliable provisional response that the caller has got already. */
	readonly lastRSeq: number | undefined
}

/** Our id of the call, by which an app tells calls apart: a Call-ID is its caller's, and may be that of several calls. */
const SERVICE_CALL_ID = 'X-Vigil-Call'

/** Makes the device's INVITE and the bridge for it. The call carries out the effects once it knows the leg. */
export function beginDeviceLeg(
	deps: CallDeps,
	owner: LegOwner,
	start: DeviceLegStart,
): { driver: LegDriver; effects: readonly BridgeEffect[] } {
	const { binding, invite, side, target } = start
	const localTag = deps.random.token(9)
	const passing = { from: 'upstream', targetId: target.id, deviceId: binding.deviceId } as const
	const calleeInvite = createDeviceInvite({
		callerInvite: renameDialogs(side.withoutSecrets(invite.request), dialogNames(deps.registry, passing)),
		requestUri: binding.contact,
		routes: [`<${binding.route}>`],
		localTag,
		to: calledAs(target, invite.request),
		contact: `<sip:${localTag}@${deps.devices.hostPort};transport=tcp>`,
		extraHeaders: [[SERVICE_CALL_ID, start.callId], ...remainingExpires(start.expiresAtMs, deps.clock.now())],
		reliableProvisionals: !start.forked,
		pushId: wellFormedText(callIdOf(invite.request)),
	})
	const { state, effects } = startBridge(
		{
			callerInvite: invite.request,
			callerTransactionId: INVITE_TRANSACTION,
			callerTag: start.upstreamTag,
			callerContact: start.upstreamContact,
			calleeInvite,
			options: { rejections: 'report', challenges: 'caller', device: 'callee', lastRSeq: start.lastRSeq },
		},
		deps.clock.now(),
	)
	const driver = new LegDriver(deps, owner, {
		legId: start.legId,
		deviceId: binding.deviceId,
		localTag,
		callerSide: 'upstream',
		upstream: side,
		invite,
		state,
	})
	return { driver, effects }
}
