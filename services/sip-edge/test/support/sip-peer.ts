import { randomUUID } from 'node:crypto'
import { realClock, silentLogger } from '@vigil/runtime'
import {
	buildResponse,
	type Dialog,
	type HeaderPair,
	headerList,
	inDialogRequest,
	type SipRequest,
	type SipResponse,
	uasDialog,
} from '@vigil/sip'
import { type Flow, type ServerTransaction, SipEndpoint, TransportManager } from '@vigil/sip-transport'
import { Mailbox } from '@vigil/testkit'

export const SDP = 'v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n'

/** A request that was sent, and what came back. */
export interface Sent {
	/** As sent, Via included. */
	readonly request: SipRequest
	readonly responses: Mailbox<SipResponse>
	readonly failures: Mailbox<string>
	cancel(headers?: readonly (readonly [string, string])[]): void
	/** The final response. */
	final(): Promise<SipResponse>
}

/** An INVITE that came in. */
export class Invited {
	readonly transaction: ServerTransaction
	/** CANCELs for it. */
	readonly cancels = new Mailbox<SipRequest>(({ method }) => method)
	readonly tag = randomUUID()
	readonly #contact: string

	constructor(transaction: ServerTransaction, contact: string) {
		this.transaction = transaction
		this.#contact = contact
		transaction.onCancel = (cancel) => {
			this.cancels.push(cancel)
			this.respond(487)
		}
	}

	get request(): SipRequest {
		return this.transaction.request
	}

	respond(status: number, body?: string, more: readonly HeaderPair[] = []): SipResponse {
		const headers: HeaderPair[] = [['Contact', this.#contact], ...more]
		if (body !== undefined) headers.push(['Content-Type', 'application/sdp'])
		const response = buildResponse(this.request, status, undefined, { toTag: this.tag, headers, ...(body && { body }) })
		this.transaction.respond(response)
		return response
	}

	/** Answers with 200, and gives the dialog. */
	accept(): Dialog {
		const dialog = uasDialog(this.request, this.respond(200, SDP))
		if (!dialog) throw new Error('no dialog')
		return dialog
	}
}

/** One end of SIP over real sockets: sends what it is told and keeps what comes in. Answers requests in dialogs with 200. */
export class SipPeer {
	readonly manager = new TransportManager({ clock: realClock, logger: silentLogger })
	readonly endpoint: SipEndpoint
	readonly invites = new Mailbox<Invited>(({ request }) => request.uri)
	/** Requests other than INVITEs outside of dialogs. */
	readonly requests = new Mailbox<SipRequest>(({ method }) => method)
	readonly acks = new Mailbox<SipRequest>(({ uri }) => uri)
	contact = '<sip:peer@invalid.invalid>'
	/** How requests in dialogs are answered. */
	respond: (transaction: ServerTransaction) => void

	constructor() {
		this.respond = (transaction) =>
			transaction.respond(buildResponse(transaction.request, 200, undefined, { headers: [['Contact', this.contact]] }))
		this.endpoint = new SipEndpoint({
			channel: this.manager,
			clock: realClock,
			logger: silentLogger,
			branch: () => `z9hG4bK${randomUUID()}`,
			handlers: {
				onRequest: (transaction) => this.#receive(transaction),
				onAck: (ack) => this.acks.push(ack),
			},
		})
	}

	send(request: SipRequest, flow: Flow): Sent {
		const responses = new Mailbox<SipResponse>(({ status }) => String(status))
		const failures = new Mailbox<string>()
		const transaction = this.endpoint.request(request, flow, {
			onResponse: (response) => responses.push(response),
			onFailure: (cause) => failures.push(cause),
		})
		return {
			get request() {
				return transaction.request
			},
			responses,
			failures,
			cancel: (headers) => transaction.cancel(headers),
			final: () => responses.waitFor(({ status }) => status >= 200, { what: `the answer to ${request.method}` }),
		}
	}

	/** Sends a request of the dialog. */
	sendIn(dialog: Dialog, method: string, flow: Flow, body?: string): Sent {
		const headers: [string, string][] = [['Contact', this.contact]]
		if (body !== undefined) headers.push(['Content-Type', 'application/sdp'])
		const { request } = inDialogRequest(dialog, method, { headers, ...(body !== undefined && { body }) })
		return this.send(request, flow)
	}

	async close(): Promise<void> {
		await this.endpoint.close()
		await this.manager.close()
	}

	#receive(transaction: ServerTransaction): void {
		const { request } = transaction
		const isInDialog = /;\s*tag=/i.test(request.headers.get('To') ?? '')
		if (request.method === 'INVITE' && !isInDialog) {
			this.invites.push(new Invited(transaction, this.contact))
			return
		}
		this.respond(transaction)
		this.requests.push(request)
	}
}

/** The Route header values of a request, top first. */
export function routesOf(request: SipRequest): string[] {
	return headerList(request.headers, 'Route')
}
