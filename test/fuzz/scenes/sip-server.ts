import type { Clock } from '@vigil/runtime'
import {
	buildAckFor2xx,
	buildResponse,
	type Dialog,
	parseCSeq,
	parseNameAddr,
	type SipRequest,
	tagOf,
	topVia,
	uacDialog,
} from '@vigil/sip'
import { type Flow, listenOnOnePort, type ServerTransaction } from '@vigil/sip-transport'
import { until } from '@vigil/testkit'
import type { Place } from '../inputs/messages.ts'
import { DEADLINE_MS, freshRequest, SDP, SipParty } from './sip-party.ts'

export type Values = Partial<Record<Place, string>>

/** What the other side of a transaction or a dialog is known by, for the places of inputs. */
export function valuesOf(request: SipRequest): Values {
	const via = topVia(request)
	const branch = via?.params.get('branch')
	const { headers } = request
	return {
		CALL: headers.get('Call-ID') ?? '',
		FROM: tagOf(headers.get('From') ?? '') ?? '',
		TO: tagOf(headers.get('To') ?? '') ?? '',
		CSEQ: String(parseCSeq(headers.get('CSeq') ?? '')?.number ?? 1),
		...(typeof branch === 'string' ? { BRANCH: branch } : {}),
		SENTBY: `${via?.host}${via?.port === undefined ? '' : `:${via.port}`}`,
	}
}

/** The customer's SIP server of a scene: a registrar that answers late, and a caller. */
export class SipServer extends SipParty {
	/** Every REGISTER that waits for its answer. */
	readonly #waiting: ServerTransaction[] = []
	#lastRegister: ServerTransaction | undefined
	#lastRegisterFlow: Flow | undefined
	port = 0

	constructor(clock: Clock) {
		super(clock)
		this.onRequest = (transaction) => this.#receive(transaction)
	}

	async open(): Promise<void> {
		this.port = (await listenOnOnePort(this.manager, { host: '127.0.0.1', port: 0 })).port
	}

	/** Answers the REGISTERs that came since, with a challenge first. */
	respondToRegisters(): void {
		for (const transaction of this.#waiting.splice(0)) {
			const { request } = transaction
			if (!request.headers.has('Authorization')) {
				const challenge = 'Digest realm="pbx.example", nonce="n0", qop="auth", algorithm=SHA-256'
				transaction.respond(
					buildResponse(request, 401, undefined, { toTag: 'r', headers: [['WWW-Authenticate', challenge]] }),
				)
				continue
			}
			const contact = parseNameAddr(request.headers.get('Contact') ?? '')?.uri ?? 'sip:nobody@127.0.0.1'
			const headers = [['Contact', `<${contact}>;expires=60`]] as const
			transaction.respond(buildResponse(request, 200, undefined, { toTag: 'r', headers }))
		}
	}

	/** Of the REGISTER that came last, and the flow that it came by. */
	get lastRegister(): { readonly values: Values; readonly flow: Flow } | undefined {
		const [transaction, flow] = [this.#lastRegister, this.#lastRegisterFlow]
		return transaction && flow && { values: valuesOf(transaction.request), flow }
	}

	/** Calls the user and waits for a provisional response at least. */
	async call(uri: string, flow: Flow): Promise<OutgoingCall> {
		const contact = `<sip:ann@127.0.0.1:${this.port}>`
		const call = new OutgoingCall(this, flow, freshRequest('INVITE', uri, [['Contact', contact]], SDP))
		await until(() => call.heard, { what: 'an answer to an honest INVITE', deadlineMs: DEADLINE_MS })
		return call
	}

	#receive(transaction: ServerTransaction): void {
		const { request } = transaction
		if (request.method === 'REGISTER') {
			this.#waiting.push(transaction)
			this.#lastRegister = transaction
			this.#lastRegisterFlow = transaction.flow
		} else transaction.respond(buildResponse(request, 200, undefined, { toTag: 'server' }))
	}
}

/** An INVITE of the server and what became of it. */
export class OutgoingCall {
	readonly #server: SipServer
	readonly #flow: Flow
	readonly #transaction
	#dialog: Dialog | undefined
	#over = false
	#toTag = ''
	heard = false

	constructor(server: SipServer, flow: Flow, request: SipRequest) {
		this.#server = server
		this.#flow = flow
		this.#transaction = server.endpoint.request(request, flow, {
			onResponse: (response) => {
				this.heard = true
				this.#toTag = tagOf(response.headers.get('To') ?? '') ?? this.#toTag
				if (response.status >= 300) this.#over = true
				if (response.status < 200 || response.status >= 300) return
				this.#dialog = uacDialog(this.#transaction.request, response)
				if (this.#dialog) server.endpoint.sendAck(buildAckFor2xx(this.#dialog, this.#transaction.request), flow)
			},
			onFailure: () => {
				this.heard = true
				this.#over = true
			},
		})
	}

	get over(): boolean {
		return this.#over
	}

	get answered(): boolean {
		return this.#dialog !== undefined
	}

	/** As a request of the caller names it. */
	get values(): Values {
		const values = valuesOf(this.#transaction.request)
		const branch = (values.BRANCH ?? '').replace('z9hG4bK-', '')
		return { ...values, TO: this.#toTag, BRANCH: branch, CSEQ: String(Number(values.CSEQ) + (this.answered ? 1 : 0)) }
	}

	end(): void {
		if (this.#dialog) this.#server.hangUp(this.#dialog, this.#flow)
		else this.#transaction.cancel()
		this.#over = true
	}
}
