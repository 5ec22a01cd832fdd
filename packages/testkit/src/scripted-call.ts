import {
	buildCancel,
	type HeaderPair,
	headerList,
	type SipRequest,
	type SipResponse,
	tagOf,
	uacDialog,
} from '@vigil/sip'
import { Mailbox, type WaitOptions } from './mailbox.ts'
import { authorized, type Credentials, type SentRequest } from './scripted-agent.ts'
import { type DialogContext, ScriptedDialog } from './scripted-dialog.ts'
import type { WirePeer } from './sip-wire.ts'

export interface ScriptedCallOptions {
	/** The INVITE without Via. */
	readonly invite: SipRequest
	readonly to: WirePeer
	readonly credentials: Credentials | undefined
	/** Body of the ACK, for an INVITE without an offer. */
	readonly ackBody: string | undefined
	readonly context: DialogContext
	/** Is told of each dialog that the call makes, so that the peer's requests find it. */
	readonly onDialog: (dialog: ScriptedDialog) => void
}

/** A call that a test places: the INVITE, what was heard, and the dialog once it is answered. */
export class ScriptedCall {
	/** Everything heard, in order; without the challenge that was answered. */
	readonly responses = new Mailbox<SipResponse>(({ status, reason }) => `${status} ${reason}`)
	readonly #options: ScriptedCallOptions
	readonly #early = new Map<string, ScriptedDialog>()
	readonly #dialogs: ScriptedDialog[] = []
	readonly #pracked = new Set<string>()
	#sent: SentRequest
	#credentials: Credentials | undefined

	constructor(options: ScriptedCallOptions) {
		this.#options = options
		this.#credentials = options.credentials
		this.#sent = this.#send(options.invite)
	}

	/** The INVITE as it was last sent. */
	get invite(): SipRequest {
		return this.#sent.request
	}

	get callId(): string {
		return this.invite.headers.get('Call-ID') ?? ''
	}

	/** The dialog of the answered call. @throws Error before it is answered. */
	get dialog(): ScriptedDialog {
		const [first] = this.#dialogs
		if (!first) throw new Error('the call is not answered')
		return first
	}

	/** How many ends answered: more than one when a fork was answered twice. */
	get answers(): number {
		return this.#dialogs.length
	}

	/** The first response of that status. */
	heard(status = 180, options: WaitOptions = {}): Promise<SipResponse> {
		const what = `${status} to INVITE ${this.invite.uri}`
		return this.responses.waitFor((response) => response.status === status, { what, ...options })
	}

	/** The final response, whatever it is. */
	final(options: WaitOptions = {}): Promise<SipResponse> {
		const what = `a final response to INVITE ${this.invite.uri}`
		return this.responses.waitFor((response) => response.status >= 200, { what, ...options })
	}

	/** The 2xx, which is acknowledged. @throws Error when the call is refused. */
	async answered(options: WaitOptions = {}): Promise<SipResponse> {
		const response = await this.final(options)
		if (response.status >= 300) throw new Error(`the call was refused: ${response.status} ${response.reason}`)
		return response
	}

	/** Gives the call up (RFC 3261 9.1) and waits for the response to the CANCEL; that to the INVITE is `final()`. */
	async cancel(headers: readonly HeaderPair[] = []): Promise<SipResponse> {
		await this.responses.waitFor(() => true, { what: 'a provisional response' })
		return this.#options.context.agent.sendAsIs(buildCancel(this.invite, headers), this.#sent.to).final()
	}

	/** The early dialog of a provisional response with a To tag (RFC 3261 12.1), to send requests in. */
	early(response: SipResponse): ScriptedDialog {
		const tag = tagOf(response.headers.get('To') ?? '') ?? ''
		const dialog = this.#early.get(tag) ?? this.#open(response)
		if (!dialog) throw new Error('the response makes no dialog')
		this.#early.set(tag, dialog)
		return dialog
	}

	bye(): Promise<SipResponse> {
		return this.dialog.bye()
	}

	#send(invite: SipRequest): SentRequest {
		const { context, to } = this.#options
		return context.agent.send(invite, to, { onResponse: (response) => this.#receive(response) })
	}

	#receive(response: SipResponse): void {
		const credentials = this.#credentials
		if (credentials && (response.status === 401 || response.status === 407)) {
			this.#credentials = undefined
			this.#sent = this.#send(authorized(this.invite, response, credentials))
			return
		}
		if (isReliableProvisional(response)) this.#prack(response)
		if (response.status >= 200 && response.status < 300) this.#confirm(response)
		this.responses.push(response)
	}

	/** Each reliable provisional response is acknowledged once; a repeated one crossed its PRACK (RFC 3262 4). */
	#prack(response: SipResponse): void {
		const tag = tagOf(response.headers.get('To') ?? '') ?? ''
		const key = `${tag} ${response.headers.get('RSeq')}`
		const dialog = this.#early.get(tag) ?? this.#open(response)
		if (!dialog || this.#pracked.has(key)) return
		this.#pracked.add(key)
		this.#early.set(tag, dialog)
		// A PRACK without answer shows at the other end, which keeps repeating its response.
		dialog.prack(this.invite, response).catch(() => {})
	}

	#open(response: SipResponse): ScriptedDialog | undefined {
		const dialog = uacDialog(this.invite, response)
		if (!dialog) return undefined
		const scripted = new ScriptedDialog(dialog, this.#options.context)
		this.#options.onDialog(scripted)
		return scripted
	}

	/** Each 2xx is acknowledged, a repeated one again (RFC 3261 13.2.2.4). */
	#confirm(response: SipResponse): void {
		const tag = tagOf(response.headers.get('To') ?? '')
		const known = this.#dialogs.find(({ dialog }) => dialog.remoteTag === tag)
		if (known) {
			known.acknowledge(this.invite, this.#options.ackBody)
			return
		}
		const dialog = this.#early.get(tag ?? '') ?? this.#open(response)
		if (!dialog) return
		dialog.confirm(response)
		this.#dialogs.push(dialog)
		dialog.acknowledge(this.invite, this.#options.ackBody)
	}
}

function isReliableProvisional({ status, headers }: SipResponse): boolean {
	return status > 100 && status < 200 && headers.has('RSeq') && headerList(headers, 'Require').includes('100rel')
}
