import type { Clock } from '@vigil/runtime'
import {
	buildResponse,
	type Dialog,
	headerList,
	parseMessage,
	parseNameAddr,
	type SipRequest,
	tagOf,
	uasDialog,
} from '@vigil/sip'
import type { Flow, ServerTransaction } from '@vigil/sip-transport'
import { SDP, SipParty, uniqueText } from './sip-party.ts'
import { type Values, valuesOf } from './sip-server.ts'

interface LastCall {
	readonly request: Values
	readonly response: Values
	readonly flow: Flow
	/** The first hop of requests in the call. */
	readonly route: string | undefined
}

/** A phone that takes every call at once, and knows every dialog that was ever made in its name, to end them all. */
export class Phone extends SipParty {
	readonly #contact: () => string
	readonly #dialogs = new Map<string, { readonly dialog: Dialog; readonly flow: Flow }>()
	#last: { readonly transaction: ServerTransaction; readonly tag: string } | undefined

	/** `contact` gives the URI at which the phone is reached. */
	constructor(clock: Clock, contact: () => string) {
		super(clock)
		this.#contact = contact
		this.onRequest = (transaction) => this.#receive(transaction)
	}

	/** Of the last call, as the phone's own requests and responses name it. */
	get lastCall(): LastCall | undefined {
		if (!this.#last) return undefined
		const { transaction, tag } = this.#last
		const response = { ...valuesOf(transaction.request), TO: tag }
		const request = { ...response, FROM: tag, TO: response.FROM ?? '', BRANCH: uniqueText(), CSEQ: '7' }
		const route = parseNameAddr(headerList(transaction.request.headers, 'Record-Route')[0] ?? '')?.uri
		return { request, response, flow: transaction.flow, route }
	}

	/** Takes note of what an input answers in the phone's name: a call that it accepts is one that must be ended too. */
	note(bytes: Buffer): void {
		const result = parseMessage(bytes)
		if (!result.ok || result.message.kind === 'request' || !this.#last) return
		const { transaction } = this.#last
		const { status, headers } = result.message
		const tag = tagOf(headers.get('To') ?? '')
		if (status < 200 || status >= 300 || tag === undefined) return
		this.#remember(transaction.request, tag, transaction.flow)
	}

	/** Ends every call. */
	hangUpAll(): void {
		for (const { dialog, flow } of this.#dialogs.values()) this.hangUp(dialog, flow)
		this.#dialogs.clear()
	}

	#receive(transaction: ServerTransaction): void {
		const { request } = transaction
		const headers = [['Contact', `<${this.#contact()}>`]] as const
		if (request.method !== 'INVITE' || tagOf(request.headers.get('To') ?? '') !== undefined) {
			transaction.respond(buildResponse(request, 200, undefined, { toTag: 'phone', headers }))
			return
		}
		const toTag = uniqueText()
		this.#last = { transaction, tag: toTag }
		transaction.respond(buildResponse(request, 180, undefined, { toTag, headers }))
		this.#remember(request, toTag, transaction.flow)
		const offer = [...headers, ['Content-Type', 'application/sdp'] as const]
		transaction.respond(buildResponse(request, 200, undefined, { toTag, headers: offer, body: SDP }))
	}

	#remember(request: SipRequest, tag: string, flow: Flow): void {
		const dialog = uasDialog(request, buildResponse(request, 200, undefined, { toTag: tag }))
		if (dialog) this.#dialogs.set(`${dialog.callId} ${tag}`, { dialog: { ...dialog, localTag: tag }, flow })
	}
}
