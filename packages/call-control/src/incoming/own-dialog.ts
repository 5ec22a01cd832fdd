import {
	acceptInDialogRequest,
	buildResponse,
	type Dialog,
	dialogId,
	type HeaderPair,
	parseCSeq,
	receivedDialogId,
	type SipRequest,
	type SipResponse,
	uasDialog,
} from '@vigil/sip'
import { optionsResponse } from '../requests/own-responses.ts'

/** What a request in our dialog is answered, and whether it ends the call. */
export interface OwnDialogResponse {
	readonly response: SipResponse
	/** BYE of the early dialog (RFC 3261 15): it is as good as a CANCEL. */
	readonly endsCall: boolean
}

/** A request that a phone will be able to answer is to come again; RFC 3261 14.2 and RFC 3311 5.2 ask for up to ten seconds. */
const MOST_RETRY_SECONDS = 10

/**
 * The caller's dialog while no device stands behind it: after a 180 of our own, between two devices, and after the end. A 481 would
 * tell the caller that the dialog is gone, and with it the call (RFC 5057 5.1), so each request gets what a phone that has
 * not answered yet would say (RFC 3261 12.2.2, RFC 3311 5.2).
 */
export class OwnDialog {
	readonly #invite: SipRequest
	readonly #contact: string
	readonly #firstTarget: string | undefined
	#dialog: Dialog | undefined

	/** `localTag` is our To tag towards the caller, `contact` our Contact value. */
	constructor(invite: SipRequest, localTag: string, contact: string) {
		this.#invite = invite
		this.#contact = contact
		this.#dialog = uasDialog(invite, buildResponse(invite, 180, undefined, { toTag: localTag }))
		this.#firstTarget = this.#dialog?.remoteTarget
	}

	/** Where the caller wants requests now, if it has moved since its INVITE (RFC 3261 12.2.2). */
	get movedTo(): string | undefined {
		const target = this.#dialog?.remoteTarget
		return target === this.#firstTarget ? undefined : target
	}

	/** `over`: the caller's INVITE has had its final answer, and with it the dialog its end. */
	respond(request: SipRequest, over: boolean): OwnDialogResponse {
		const dialog = this.#dialog
		// The tag is ours, but not the rest of the dialog: it is none of the caller's requests.
		if (!dialog || receivedDialogId(request) !== dialogId(dialog)) return said(buildResponse(request, 481))
		const accepted = acceptInDialogRequest(dialog, request)
		if (!accepted.ok) return said(buildResponse(request, accepted.status))
		this.#dialog = accepted.dialog
		if (request.method === 'BYE') return { response: buildResponse(request, 200), endsCall: !over }
		if (request.method === 'OPTIONS') return said(optionsResponse(request))
		if (request.method === 'PRACK') return said(this.#pracked(request))
		// 15.1.2: what crossed the end of the dialog.
		if (over) return said(buildResponse(request, 487))
		if (request.method === 'UPDATE' && request.body.length === 0) return said(this.#updated(request))
		return said(tryAgain(request))
	}

	/** No offer is in it, so nothing waits for the phone; a session timer that it asks for is the caller's to keep (RFC 4028 9). */
	#updated(request: SipRequest): SipResponse {
		return buildResponse(request, 200, undefined, { headers: [['Contact', this.#contact], ...sessionTimer(request)] })
	}

	/** A response that was acknowledged before, or one of a device that is gone: there is nothing left to repeat. */
	#pracked(request: SipRequest): SipResponse {
		const [, cseq, method] = (request.headers.get('RAck') ?? '').trim().split(/[ \t]+/)
		const invite = parseCSeq(this.#invite.headers.get('CSeq') ?? '')
		const ofInvite = method === 'INVITE' && Number(cseq) === invite?.number
		if (!ofInvite) return buildResponse(request, 400, 'RAck Names Another Request')
		// An offer in it would want an answer (RFC 3262 5).
		return request.body.length > 0 ? tryAgain(request) : buildResponse(request, 200)
	}
}

function said(response: SipResponse): OwnDialogResponse {
	return { response, endsCall: false }
}

/** Any number that differs from call to call will do for the random wait. */
function tryAgain(request: SipRequest): SipResponse {
	const number = parseCSeq(request.headers.get('CSeq') ?? '')?.number ?? 0
	const seconds = 1 + (number % MOST_RETRY_SECONDS)
	return buildResponse(request, 500, undefined, { headers: [['Retry-After', String(seconds)]] })
}

function sessionTimer(request: SipRequest): HeaderPair[] {
	const asked = request.headers.get('Session-Expires')
	if (asked === undefined) return []
	if (/;[ \t]*refresher[ \t]*=[ \t]*uas/i.test(asked)) return [['Session-Expires', asked]]
	const refreshed = /;[ \t]*refresher[ \t]*=/i.test(asked) ? asked : `${asked};refresher=uac`
	return [
		['Require', 'timer'],
		['Session-Expires', refreshed],
	]
}
