import { uacDialog } from '../dialog/creation.ts'
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
 */
export function discardAnswer(
	invite: SipRequest,
	response: SipResponse,
	headers: readonly HeaderPair[] = [],
): { readonly ack: SipRequest; readonly bye: SipRequest } | undefined {
	if (response.status < 200) return undefined
	const dialog = uacDialog(invite, response)
	if (!dialog) return undefined
	return { ack: buildAckFor2xx(dialog, invite), bye: inDialogRequest(dialog, 'BYE', { headers }).request }
}
