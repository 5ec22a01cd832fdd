import { buildResponse, type HeaderPair, type SipRequest, type SipResponse, uasDialog } from '@vigil/sip'
import { Mailbox, type WaitOptions } from './mailbox.ts'
import { randomId } from './scripted-agent.ts'
import { type DialogContext, ScriptedDialog } from './scripted-dialog.ts'
import type { WirePeer } from './sip-wire.ts'

const T1_MS = 500
const GIVE_UP_MS = 64 * T1_MS

export interface IncomingCallOptions {
	readonly invite: SipRequest
	readonly from: WirePeer
	readonly context: DialogContext
	readonly onDialog: (dialog: ScriptedDialog) => void
}

/** A call that rings at a scripted phone: the test decides what the phone does. */
export class IncomingCall {
	readonly invite: SipRequest
	readonly from: WirePeer
	readonly #options: IncomingCallOptions
	readonly #toTag = randomId()
	readonly #cancels = new Mailbox<SipRequest>(({ method }) => method)
	#dialog: ScriptedDialog | undefined
	#isOver = false
	#rseq = 0

	constructor(options: IncomingCallOptions) {
		this.#options = options
		this.invite = options.invite
		this.from = options.from
		this.#respond(100)
	}

	get callId(): string {
		return this.invite.headers.get('Call-ID') ?? ''
	}

	/** The session description that was offered. */
	get offer(): string {
		return Buffer.from(this.invite.body).toString('utf8')
	}

	/** The dialog of the call, early after a reliable provisional response. @throws Error before there is one. */
	get dialog(): ScriptedDialog {
		if (!this.#dialog) throw new Error('the call is not answered')
		return this.#dialog
	}

	/** A provisional response: 180 unless said. */
	ring(status = 180, headers: readonly HeaderPair[] = []): void {
		this.#respond(status, [['Contact', this.#options.context.contact], ...headers])
	}

	/** A reliable provisional response (RFC 3262 3), sent once; waits for the PRACK. */
	async ringReliably(status = 180, options: WaitOptions = {}): Promise<SipRequest> {
		const rseq = String(++this.#rseq)
		const headers: HeaderPair[] = [
			['Contact', this.#options.context.contact],
			['Require', '100rel'],
			['RSeq', rseq],
		]
		const dialog = this.#open(this.#respond(status, headers))
		const isPrack = ({ method, headers }: SipRequest) =>
			method === 'PRACK' && headers.get('RAck')?.split(' ')[0] === rseq
		return dialog.requests.waitFor(isPrack, { what: 'PRACK', ...options })
	}

	/** Answers with 200 and waits for the ACK. */
	async answer(body: string, options: WaitOptions = {}): Promise<SipRequest> {
		const headers: HeaderPair[] = [
			['Contact', this.#options.context.contact],
			['Content-Type', 'application/sdp'],
		]
		const response = this.#respond(200, headers, body)
		const dialog = this.#open(response)
		dialog.confirm(response)
		return this.#acknowledged(dialog, response, options)
	}

	/** Refuses: 486 busy, 603 decline and so on. */
	reject(status: number, headers: readonly HeaderPair[] = []): void {
		this.#respond(status, headers)
	}

	/** The CANCEL, when the caller gave up; the INVITE has been answered with 487 then. */
	cancelled(options: WaitOptions = {}): Promise<SipRequest> {
		return this.#cancels.waitFor(() => true, { what: 'CANCEL', ...options })
	}

	/** True when a CANCEL has come. */
	get isCancelled(): boolean {
		return this.#cancels.items.length > 0
	}

	/** A CANCEL for this call came (RFC 3261 9.2). */
	receiveCancel(cancel: SipRequest): void {
		this.#options.context.agent.respond(
			cancel,
			buildResponse(cancel, 200, undefined, { toTag: this.#toTag }),
			this.from,
		)
		if (!this.#isOver) this.#respond(487)
		this.#cancels.push(cancel)
	}

	#open(response: SipResponse): ScriptedDialog {
		if (this.#dialog) return this.#dialog
		const dialog = uasDialog(this.invite, response)
		if (!dialog) throw new Error('the INVITE makes no dialog')
		this.#dialog = new ScriptedDialog(dialog, this.#options.context)
		this.#options.onDialog(this.#dialog)
		return this.#dialog
	}

	#respond(status: number, headers: readonly HeaderPair[] = [], body?: string): SipResponse {
		const response = buildResponse(this.invite, status, undefined, {
			toTag: this.#toTag,
			headers,
			...(body !== undefined && { body }),
		})
		this.#isOver ||= status >= 200
		this.#options.context.agent.respond(this.invite, response, this.from)
		return response
	}

	/** The 2xx is repeated until the ACK comes (RFC 3261 13.3.1.4). */
	#acknowledged(dialog: ScriptedDialog, response: SipResponse, options: WaitOptions): Promise<SipRequest> {
		let timer: NodeJS.Timeout
		const repeatAfter = (intervalMs: number, elapsedMs: number) => {
			timer = setTimeout(() => {
				if (elapsedMs + intervalMs >= GIVE_UP_MS) return
				this.#options.context.agent.respond(this.invite, response, this.from)
				repeatAfter(intervalMs * 2, elapsedMs + intervalMs)
			}, intervalMs).unref()
		}
		repeatAfter(T1_MS, 0)
		const ack = dialog.requests.waitFor(({ method }) => method === 'ACK', { what: 'ACK', ...options })
		return ack.finally(() => clearTimeout(timer))
	}
}
