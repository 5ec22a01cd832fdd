import { randomUUID } from 'node:crypto'
import { realClock, silentLogger } from '@vigil/runtime'
import {
	buildAckFor2xx,
	buildRequest,
	buildResponse,
	type Dialog,
	type HeaderPair,
	inDialogRequest,
	parseNameAddr,
	type SipRequest,
	type SipResponse,
	uacDialog,
} from '@vigil/sip'
import { type Flow, type ListenOptions, SipEndpoint, TransportManager } from '@vigil/sip-transport'

/** What a call of the server has come to. */
export interface ServedCall {
	readonly statuses: number[]
	/** Requests of the other side within the call, with the connection that each took. */
	readonly requests: { readonly method: string; readonly flow: Flow }[]
	/** The 2xx was acknowledged to. */
	dialog: Dialog | undefined
	/** Sends a request within the call by the connection that lives now. */
	send(method: string): Promise<number>
}

/**
 * A SIP server that takes every REGISTER and keeps the connection in place of the Contact, as Asterisk does with
 * `rewrite_contact`; it calls by that connection. What its own Contact says is up to the test.
 */
export class ConnectionServer {
	readonly manager = new TransportManager({ clock: realClock, logger: silentLogger, keepAlive: false })
	readonly endpoint: SipEndpoint
	readonly registers: SipRequest[] = []
	/** The connections that were opened, in order. */
	readonly flows: Flow[] = []
	readonly #calls = new Map<string, ServedCall>()
	readonly #invites = new Map<ServedCall, SipRequest>()
	port = 0
	/** The server's own Contact URI. */
	contact = ''

	private constructor() {
		this.manager.onFlowOpened((flow) => this.flows.push(flow))
		this.endpoint = new SipEndpoint({
			channel: this.manager,
			clock: realClock,
			logger: silentLogger,
			branch: () => `z9hG4bK${randomUUID()}`,
			sentBy: () => 'pbx.invalid',
			handlers: {
				onRequest: (transaction) => {
					const { request, flow } = transaction
					const call = this.#calls.get(request.headers.get('Call-ID') ?? '')
					call?.requests.push({ method: request.method, flow })
					if (request.method === 'REGISTER') this.registers.push(request)
					transaction.respond(
						buildResponse(request, 200, undefined, { toTag: 'server', headers: this.#listed(request) }),
					)
				},
				onAck: () => {},
				// The transaction of an INVITE ends with its connection, and the answer comes by another.
				onResponse2xx: (response) => this.#responded(response),
			},
		})
	}

	static async start(listen: Omit<ListenOptions, 'host' | 'port'>): Promise<ConnectionServer> {
		const server = new ConnectionServer()
		const listener = await server.manager.listen({ ...listen, host: '127.0.0.1', port: 0 })
		server.port = listener.port
		return server
	}

	/** The connection that lives. Throws where none does. */
	get flow(): Flow {
		const flow = this.flows.findLast(({ closed }) => !closed)
		if (!flow) throw new Error('nobody is connected')
		return flow
	}

	/** Cuts every connection. */
	dropConnections(): void {
		for (const flow of this.flows) flow.close()
	}

	/** Calls who registered last, by the connection that lives now. */
	call(): ServedCall {
		const uri = parseNameAddr(this.registers.at(-1)?.headers.get('Contact') ?? '')?.uri ?? 'sip:nobody@invalid'
		const callId = randomUUID()
		const invite = buildRequest({
			method: 'INVITE',
			uri,
			headers: [
				['Max-Forwards', '70'],
				['From', '<sip:bob@pbx.test>;tag=bob'],
				['To', `<${uri}>`],
				['Call-ID', callId],
				['CSeq', '1 INVITE'],
				['Contact', `<${this.contact}>`],
				['Content-Type', 'application/sdp'],
			],
			body: 'v=0\r\n',
		})
		const call: ServedCall = {
			statuses: [],
			requests: [],
			dialog: undefined,
			send: (method) => this.#send(call, method),
		}
		this.#calls.set(callId, call)
		this.#invites.set(call, invite)
		const { flow } = this
		this.endpoint.request(invite, flow, {
			onResponse: (response) => {
				call.statuses.push(response.status)
				if (response.status >= 200 && response.status < 300) this.#responded(response)
			},
			onFailure: () => call.statuses.push(0),
		})
		return call
	}

	async close(): Promise<void> {
		await this.endpoint.close()
		await this.manager.close()
	}

	#responded(response: SipResponse): void {
		const call = this.#calls.get(response.headers.get('Call-ID') ?? '')
		const invite = call && this.#invites.get(call)
		if (!call || !invite) return
		call.dialog ??= uacDialog(invite, response)
		if (call.dialog) this.endpoint.sendAck(buildAckFor2xx(call.dialog, invite), this.flow)
	}

	#send(call: ServedCall, method: string): Promise<number> {
		if (!call.dialog) throw new Error('the call is not up')
		const { dialog, request } = inDialogRequest(call.dialog, method, { headers: [['Contact', `<${this.contact}>`]] })
		call.dialog = dialog
		return new Promise((resolve) => {
			const onResponse = ({ status }: SipResponse) => void (status >= 200 && resolve(status))
			this.endpoint.request(request, this.flow, { onResponse, onFailure: () => resolve(0) })
		})
	}

	#listed({ method, headers }: SipRequest): HeaderPair[] {
		const contact = headers.get('Contact')
		if (method === 'REGISTER') return contact === undefined ? [] : [['Contact', contact]]
		return [['Contact', `<${this.contact}>`]]
	}
}
