import { parseCSeq } from '../message/cseq.ts'
import type { SipRequest } from '../message/message.ts'
import type { Dialog } from './dialog.ts'
import { refreshTarget } from './target.ts'

export type Acceptance =
	| { readonly ok: true; readonly dialog: Dialog }
	/** To be answered with this status. */
	| { readonly ok: false; readonly status: 500 }

/**
 * Takes a peer's request into the dialog (RFC 3261 12.2.2): one with a lower sequence number than the last is out of order and
 * to be answered with 500; a target refresh moves the remote target. Not for ACK and CANCEL.
 */
export function acceptInDialogRequest(dialog: Dialog, request: SipRequest): Acceptance {
	const number = parseCSeq(request.headers.get('CSeq') ?? '')?.number ?? 0
	if (dialog.remoteSeq !== undefined && number < dialog.remoteSeq) return { ok: false, status: 500 }
	return { ok: true, dialog: refreshTarget({ ...dialog, remoteSeq: number }, request, request.method) }
}
