import { headerList } from '../address/list.ts'
import { parseNameAddr } from '../address/name-addr.ts'
import { formatUri, parseUri } from '../address/uri.ts'
import type { SipMessage } from '../message/message.ts'
import type { Dialog } from './dialog.ts'

/** Requests whose Contact, and that of their 2xx, moves the remote target: RFC 3261 12.2, RFC 3311, RFC 6665 3.1, RFC 3515. */
const TARGET_REFRESH: ReadonlySet<string> = new Set(['INVITE', 'UPDATE', 'SUBSCRIBE', 'NOTIFY', 'REFER'])

/** True for methods that may move the remote target, and therefore carry a Contact. */
export function isTargetRefresh(method: string): boolean {
	return TARGET_REFRESH.has(method)
}

/**
 * The dialog with the remote target that a peer's target refresh request, or its 2xx to ours, states (RFC 3261 12.2.1.2,
 * 12.2.2). Route set and all else stay. `method` is the request's.
 */
export function refreshTarget(dialog: Dialog, message: SipMessage, method: string): Dialog {
	if (!isTargetRefresh(method)) return dialog
	const remoteTarget = contactUri(message)
	return remoteTarget === undefined || remoteTarget === dialog.remoteTarget ? dialog : { ...dialog, remoteTarget }
}

/** The URI of the first Contact. */
export function contactUri(message: SipMessage): string | undefined {
	return addressUri(headerList(message.headers, 'Contact')[0] ?? '')
}

/** The URI of a name-addr or addr-spec. */
export function addressUri(text: string): string | undefined {
	return parseNameAddr(text)?.uri
}

/** A URI made fit for a request line: RFC 3261 19.1.1 allows neither a method parameter nor headers there. */
export function asRequestUri(text: string): string {
	const uri = parseUri(text)
	if (uri?.scheme !== 'sip' && uri?.scheme !== 'sips') return text
	if (uri.headers === undefined && !uri.params.has('method')) return text
	const params = new Map(uri.params)
	params.delete('method')
	const { headers: _headers, ...rest } = uri
	return formatUri({ ...rest, params })
}
