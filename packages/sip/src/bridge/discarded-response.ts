import { uacDialog } from '../dialog/creation.ts'
import type { Dialog } from '../dialog/dialog.ts'
import { buildAckFor2xx, inDialogRequest } from '../dialog/requests.ts'
import type { HeaderPair } from '../message/build.ts'
import type { SipRequest, SipResponse } from '../message/message.ts'

/**
 * What a 2xx that nobody wants any more is answered with: an ACK and then a BYE (RFC 3261 13.2.2.4, 15), both without Via. The callee answered
 * while its CANCEL was under way, or after another one had won. Undefined when the response is no 2xx.
 *
 * A bridge does this by itself for its own INVITE; this is for a 2xx that arrives when its bridge has been released.
 *
 * @param invite the INVITE as it was sent to the callee
 * @param headers added to the BYE, for example Reason
 * @param lastCSeq number of the last request that was sent in that dialog while it was early, if there was one
 */
export function discardResponse(
	invite: SipRequest,
	response: SipResponse,
	headers: readonly HeaderPair[] = [],
	lastCSeq = 0,
): { readonly ack: SipRequest; readonly bye: SipRequest; readonly dialog: Dialog } | undefined {
	if (response.status < 200) return undefined
	const dialog = uacDialog(invite, response)
	if (!dialog) return undefined
	const localSeq = Math.max(dialog.localSeq ?? 0, lastCSeq)
	const bye = inDialogRequest({ ...dialog, localSeq }, 'BYE', { headers })
	return { ack: buildAckFor2xx(dialog, invite), bye: bye.request, dialog: bye.dialog }
}
