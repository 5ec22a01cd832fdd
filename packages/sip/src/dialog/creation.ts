import { headerList } from '../address/list.ts'
import { callIdOf, tagOf } from '../address/name-addr.ts'
import { parseCSeq } from '../message/cseq.ts'
import type { SipMessage, SipRequest, SipResponse } from '../message/message.ts'
import type { Dialog } from './dialog.ts'
import { addressUri, contactUri } from './target.ts'

/**
 * The dialog that a response makes for the sender of the request (RFC 3261 12.1.2): early for a 1xx, confirmed for a 2xx.
 * Undefined for other responses and for a provisional one without To tag, which make none. A 2xx without a tag comes
 * from a peer of RFC 2543 and makes a dialog with an empty remote tag.
 */
export function uacDialog(request: SipRequest, response: SipResponse): Dialog | undefined {
	const remoteTag = tagOf(toOf(response))
	if (!makesDialog(response) || (response.status < 200 && remoteTag === undefined)) return undefined
	return {
		role: 'uac',
		state: response.status < 200 ? 'early' : 'confirmed',
		callId: callIdOf(request),
		localTag: tagOf(fromOf(request)) ?? '',
		remoteTag: remoteTag ?? '',
		localParty: fromOf(request),
		remoteParty: toOf(response),
		localSeq: sequenceNumber(request),
		remoteSeq: undefined,
		// 12.1.1 obliges the peer to send a Contact; without one the place that answered is the best guess.
		remoteTarget: contactUri(response) ?? request.uri,
		routeSet: routesOf(response).reverse(),
		secure: isSips(request.uri),
	}
}

/**
 * The dialog that our response makes for us as receiver of the request (RFC 3261 12.1.1); the response carries our To tag.
 * Undefined for responses that make none, and for a request that does not say in any way where its sender is.
 */
export function uasDialog(request: SipRequest, response: SipResponse): Dialog | undefined {
	const localTag = tagOf(toOf(response))
	const remoteTarget = contactUri(request) ?? addressUri(fromOf(request))
	if (!makesDialog(response) || localTag === undefined || remoteTarget === undefined) return undefined
	return {
		role: 'uas',
		state: response.status < 200 ? 'early' : 'confirmed',
		callId: callIdOf(request),
		localTag,
		remoteTag: tagOf(fromOf(request)) ?? '',
		localParty: toOf(response),
		remoteParty: fromOf(request),
		localSeq: undefined,
		remoteSeq: sequenceNumber(request),
		remoteTarget,
		routeSet: routesOf(request),
		secure: isSips(request.uri),
	}
}

/**
 * An early dialog after the 2xx that confirms it. The sender of the request takes route set and remote target from the 2xx,
 * whatever the provisional responses said (RFC 3261 13.2.2.4); the receiver keeps its own.
 */
export function confirmDialog(dialog: Dialog, response: SipResponse): Dialog {
	if (dialog.role === 'uas') return { ...dialog, state: 'confirmed' }
	return {
		...dialog,
		state: 'confirmed',
		remoteTarget: contactUri(response) ?? dialog.remoteTarget,
		routeSet: routesOf(response).reverse(),
	}
}

/** What cannot be read leads nowhere, and must not get into the line of a request. */
function routesOf({ headers }: SipMessage): string[] {
	return headerList(headers, 'Record-Route').filter((route) => addressUri(route) !== undefined)
}

function makesDialog(response: SipResponse): boolean {
	return response.status > 100 && response.status < 300
}

function sequenceNumber(request: SipRequest): number | undefined {
	return parseCSeq(request.headers.get('CSeq') ?? '')?.number
}

/** 12.1.1 asks for a SIPS Request-URI and TLS; over anything but TLS no such request may arrive at all (26.2.2). */
function isSips(uri: string): boolean {
	return uri.slice(0, 5).toLowerCase() === 'sips:'
}

function fromOf(message: SipMessage): string {
	return message.headers.get('From') ?? ''
}

function toOf(message: SipMessage): string {
	return message.headers.get('To') ?? ''
}
