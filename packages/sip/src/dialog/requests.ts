import { parseNameAddr } from '../address/name-addr.ts'
import { parseUri } from '../address/uri.ts'
import { buildRequest, type HeaderPair } from '../message/build.ts'
import { formatCSeq, MAX_CSEQ, parseCSeq } from '../message/cseq.ts'
import type { SipRequest } from '../message/message.ts'
import type { Dialog } from './dialog.ts'
import { addressUri, asRequestUri } from './target.ts'

/** What a request of a dialog has besides that which follows from the dialog. */
export interface InDialogParts {
	/** The CSeq number; by default one more than the last. */
	readonly cseq?: number
	readonly maxForwards?: number
	/** Added as they are, Contact among them where the method asks for one. */
	readonly headers?: readonly HeaderPair[]
	readonly body?: Uint8Array | string
}

/**
 * A request inside of a dialog (RFC 3261 12.2.1.1), without Via, and the dialog after it. Not for ACK and CANCEL, which have
 * no sequence number of their own.
 */
export function inDialogRequest(
	dialog: Dialog,
	method: string,
	parts: InDialogParts = {},
): { readonly dialog: Dialog; readonly request: SipRequest } {
	// 12.2.1.1: an empty local sequence number may begin anywhere below 2**31. A peer that began at the very end of the range
	// leaves no number for one more request; repeating the last one is the best that can be done then.
	const number = Math.min(parts.cseq ?? (dialog.localSeq ?? 0) + 1, MAX_CSEQ)
	const localSeq = Math.max(number, dialog.localSeq ?? 0)
	return { dialog: { ...dialog, localSeq }, request: routedRequest(dialog, method, number, parts) }
}

/**
 * The ACK for a 2xx to the INVITE (RFC 3261 13.2.2.4): a request of the dialog with the INVITE's CSeq number and its
 * credentials, without Via.
 */
export function buildAckFor2xx(
	dialog: Dialog,
	invite: SipRequest,
	parts: Omit<InDialogParts, 'cseq'> = {},
): SipRequest {
	const credentials: HeaderPair[] = []
	for (const name of ['Authorization', 'Proxy-Authorization']) {
		for (const value of invite.headers.all(name)) credentials.push([name, value])
	}
	const number = parseCSeq(invite.headers.get('CSeq') ?? '')?.number ?? 0
	return routedRequest(dialog, 'ACK', number, { ...parts, headers: [...credentials, ...(parts.headers ?? [])] })
}

function routedRequest(dialog: Dialog, method: string, number: number, parts: InDialogParts): SipRequest {
	const { uri, routes } = routing(dialog)
	const headers: HeaderPair[] = [
		...routes.map((route): HeaderPair => ['Route', route]),
		['Max-Forwards', String(parts.maxForwards ?? 70)],
		['From', dialog.localParty],
		['To', dialog.remoteParty],
		['Call-ID', dialog.callId],
		['CSeq', formatCSeq(number, method)],
		...(parts.headers ?? []),
	]
	return buildRequest({ method, uri, headers, ...(parts.body === undefined ? {} : { body: parts.body }) })
}

/**
 * 12.2.1.1: behind a loose router the Request-URI is the remote target and Route the whole set. A strict router (no `lr`)
 * wants its own URI there, and the remote target goes to the end of Route.
 */
function routing(dialog: Dialog): { readonly uri: string; readonly routes: readonly string[] } {
	const [first, ...rest] = dialog.routeSet
	if (first === undefined || isLoose(first)) return { uri: asRequestUri(dialog.remoteTarget), routes: dialog.routeSet }
	const uri = asRequestUri(addressUri(first) ?? dialog.remoteTarget)
	return { uri, routes: [...rest, `<${dialog.remoteTarget}>`] }
}

function isLoose(route: string): boolean {
	const uri = parseUri(parseNameAddr(route)?.uri ?? '')
	return (uri?.scheme === 'sip' || uri?.scheme === 'sips') && uri.params.has('lr')
}
