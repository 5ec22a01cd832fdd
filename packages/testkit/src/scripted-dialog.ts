import {
	acceptInDialogRequest,
	buildAckFor2xx,
	buildResponse,
	confirmDialog,
	type Dialog,
	formatVia,
	headerList,
	type InDialogParts,
	inDialogRequest,
	parseNameAddr,
	refreshTarget,
	type SipRequest,
	type SipResponse,
} from '@vigil/sip'
import { Mailbox, type WaitOptions } from './mailbox.ts'
import { peerOfUri } from './proxy-routing.ts'
import { randomId, type ScriptedAgent } from './scripted-agent.ts'
import type { WirePeer } from './sip-wire.ts'

export interface DialogContext {
	readonly agent: ScriptedAgent
	/** Own Contact value. */
	readonly contact: string
	/** Where requests go when the peer's URI names no address. */
	readonly fallback: WirePeer
}

/** A call that is up, as one end of it: sends and answers requests within the dialog (RFC 3261 12.2). */
export class ScriptedDialog {
	/** Requests of the peer within the dialog, ACKs included; all but ACK are answered with `answerWith`, else 200. */
	readonly requests = new Mailbox<SipRequest>(({ method }) => method)
	readonly #context: DialogContext
	readonly #responses = new Map<string, { status: number; body?: string }>()
	#dialog: Dialog

	constructor(dialog: Dialog, context: DialogContext) {
		this.#dialog = dialog
		this.#context = context
	}

	get dialog(): Dialog {
		return this.#dialog
	}

	/** How requests of that method are answered from now on. */
	respondWith(method: string, status: number, body?: string): void {
		this.#responses.set(method, { status, ...(body !== undefined && { body }) })
	}

	/** Sends a request of the dialog and waits for its final response; a 2xx to a re-INVITE is acknowledged. */
	async request(method: string, parts: InDialogParts = {}): Promise<SipResponse> {
		const headers = [['Contact', this.#context.contact] as const, ...(parts.headers ?? [])]
		const { dialog, request } = inDialogRequest(this.#dialog, method, { ...parts, headers })
		this.#dialog = dialog
		const sent = this.#context.agent.send(request, this.#peer())
		const response = await sent.final()
		if (response.status < 300) this.#dialog = refreshTarget(this.#dialog, response, method)
		if (method === 'INVITE' && response.status < 300) this.acknowledge(sent.request)
		return response
	}

	/** A re-INVITE with a new session description (RFC 3261 14). */
	reinvite(body: string): Promise<SipResponse> {
		return this.request('INVITE', { body, headers: [['Content-Type', 'application/sdp']] })
	}

	bye(): Promise<SipResponse> {
		return this.request('BYE')
	}

	/** The peer's BYE. */
	ended(options: WaitOptions = {}): Promise<SipRequest> {
		return this.requests.waitFor(({ method }) => method === 'BYE', { what: 'BYE', ...options })
	}

	/** Takes the 2xx that confirms an early dialog. */
	confirm(response: SipResponse): void {
		this.#dialog = confirmDialog(this.#dialog, response)
	}

	/** Acknowledges a reliable provisional response (RFC 3262 4) and waits for the response to the PRACK. */
	prack(invite: SipRequest, provisional: SipResponse): Promise<SipResponse> {
		const rack = `${provisional.headers.get('RSeq')} ${invite.headers.get('CSeq')}`
		return this.request('PRACK', { headers: [['RAck', rack]] })
	}

	/** Sends the ACK for a 2xx to the INVITE; with a body when the INVITE had no offer (RFC 3261 13.2.2.4). */
	acknowledge(invite: SipRequest, body?: string): void {
		const peer = this.#peer()
		const withBody: InDialogParts = { headers: [['Content-Type', 'application/sdp']], ...(body && { body }) }
		const ack = buildAckFor2xx(this.#dialog, invite, body ? withBody : {})
		const { host, port } = this.#context.agent.wire
		const params = new Map([['branch', `z9hG4bK${randomId()}`]])
		ack.headers.prepend('Via', formatVia({ transport: peer.transport.toUpperCase(), host, port, params }))
		this.#context.agent.sendAck(ack, peer)
	}

	/** Takes a request that belongs to this dialog. */
	receive(request: SipRequest, from: WirePeer): void {
		if (request.method === 'ACK') {
			this.requests.push(request)
			return
		}
		const acceptance = acceptInDialogRequest(this.#dialog, request)
		if (acceptance.ok) this.#dialog = acceptance.dialog
		const { status, body } = this.#responses.get(request.method) ?? { status: 200, body: defaultBody(request) }
		const response = buildResponse(request, acceptance.ok ? status : acceptance.status, undefined, {
			headers: [['Contact', this.#context.contact], ...(body ? [['Content-Type', 'application/sdp'] as const] : [])],
			...(body && { body }),
		})
		this.#context.agent.respond(request, response, from)
		this.requests.push(request)
	}

	#peer(): WirePeer {
		const { fallback } = this.#context
		const [route] = this.#dialog.routeSet
		const target = route === undefined ? this.#dialog.remoteTarget : (parseNameAddr(route)?.uri ?? '')
		return peerOfUri(target, fallback.transport) ?? fallback
	}
}

/** An offer is answered by its own description: the peer only looks whether there is one. */
function defaultBody(request: SipRequest): string | undefined {
	const isOffer = headerList(request.headers, 'Content-Type').includes('application/sdp')
	return isOffer ? Buffer.from(request.body).toString('utf8') : undefined
}
