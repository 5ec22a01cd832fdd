import { callIdOf, tagOf } from '../address/name-addr.ts'
import type { SipMessage } from '../message/message.ts'
import type { Dialog } from './dialog.ts'

/** A dialog's identity as one string: Call-ID, local tag, remote tag (RFC 3261 12). */
export function dialogId(dialog: Pick<Dialog, 'callId' | 'localTag' | 'remoteTag'>): string {
	return `${dialog.callId}\n${dialog.localTag}\n${dialog.remoteTag}`
}

/** The identity of the dialog that a received message belongs to: in requests our tag is in To, in responses in From. */
export function receivedDialogId(message: SipMessage): string {
	const from = tagOf(message.headers.get('From') ?? '') ?? ''
	const to = tagOf(message.headers.get('To') ?? '') ?? ''
	const [localTag, remoteTag] = message.kind === 'request' ? [to, from] : [from, to]
	return dialogId({ callId: callIdOf(message), localTag, remoteTag })
}
