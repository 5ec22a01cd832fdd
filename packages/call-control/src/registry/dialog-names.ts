import type { DeviceId } from '@vigil/domain'
import {
	type Dialog,
	type DialogNames,
	type DialogReference,
	parseUri,
	replacedDialog,
	type SipRequest,
} from '@vigil/sip'
import type { BridgedCall, CallDriver, Side } from './call-driver.ts'
import type { CallRegistry } from './call-registry.ts'

/** A message on its way through a call: which side it comes from, and whose call it is. */
export interface Passing {
	readonly from: Side
	readonly targetId: string
	readonly deviceId: DeviceId
}

/**
 * What the dialogs that a message names are called on its other side. A device may name dialogs of its own and of the target that it
 * speaks for; a SIP server those of its target, and they are renamed for the device that has them: any other one hands the server's
 * own names back to it. What is not found by these rules stays as it is, so no name leads to a call of somebody else.
 */
export function dialogNames(registry: CallRegistry, passing: Passing): DialogNames {
	const { from, targetId } = passing
	return {
		dialog: (reference) => {
			const found = findBridged(registry, from, reference, (call, bridged) => mayName(passing, call, bridged))
			return found && renamed(reference, found[from], found[otherSide(from)])
		},
		callId: (callId) => registry.callIds.other(from, targetId, callId),
		target: (uri) => (from === 'device' ? farTarget(registry, passing, uri) : undefined),
	}
}

/**
 * The device that has the dialog that an INVITE of the target's server replaces: no other one can take it. RFC 3891 3: a call that still
 * rings here is none that may be replaced.
 */
export function deviceReplaced(registry: CallRegistry, targetId: string, invite: SipRequest): DeviceId | undefined {
	const reference = replacedDialog(invite)
	if (!reference) return undefined
	const mayBeReplaced = (call: CallDriver, { upstream }: BridgedCall) =>
		call.targetId === targetId && (upstream.state === 'confirmed' || upstream.role === 'uac')
	return findBridged(registry, 'upstream', reference, mayBeReplaced)?.deviceId
}

function mayName({ from, targetId, deviceId }: Passing, call: CallDriver, bridged: BridgedCall): boolean {
	const [ofTarget, ofDevice] = [call.targetId === targetId, bridged.deviceId === deviceId]
	return from === 'device' ? ofTarget || ofDevice : ofTarget && ofDevice
}

/** One of a dialog's tags is ours, and ours are never guessed. */
function findBridged(
	registry: CallRegistry,
	side: Side,
	reference: DialogReference,
	admits: (call: CallDriver, bridged: BridgedCall) => boolean,
): BridgedCall | undefined {
	for (const tag of reference.tags) {
		const call = registry.byTag(tag, side)?.call
		const found = call?.bridged().find((bridged) => admits(call, bridged) && isNamed(bridged[side], reference))
		if (found) return found
	}
	return undefined
}

function isNamed(dialog: Dialog, { callId, tags: [first, second] }: DialogReference): boolean {
	if (dialog.callId !== callId) return false
	const local = written(dialog.localTag)
	const remote = written(dialog.remoteTag)
	return (fits(first, local) && fits(second, remote)) || (fits(first, remote) && fits(second, local))
}

function fits(tag: string | undefined, expected: string): boolean {
	return tag === undefined || tag === expected
}

/** Our end of one dialog stands for the far end of the other. */
function renamed({ tags }: DialogReference, here: Dialog, there: Dialog): DialogReference {
	const rename = (tag: string | undefined) => {
		if (tag === undefined) return undefined
		return written(tag === written(here.localTag) ? there.remoteTag : there.localTag)
	}
	return { callId: there.callId, tags: [rename(tags[0]), rename(tags[1])] }
}

/** RFC 3891 6.1: a tag that is not there is written 0. */
function written(tag: string): string {
	return tag === '' ? '0' : tag
}

/** The Contact that a device has of us names the call by our tag; upstream needs the Contact that the far end gave. */
function farTarget(registry: CallRegistry, passing: Passing, uri: string): string | undefined {
	const parsed = parseUri(uri)
	const tag = parsed?.scheme === 'sip' ? parsed.user : undefined
	const call = registry.byTag(tag, 'device')?.call
	return call?.bridged().find((bridged) => bridged.device.localTag === tag && mayName(passing, call, bridged))?.upstream
		.remoteTarget
}

function otherSide(side: Side): Side {
	return side === 'device' ? 'upstream' : 'device'
}
