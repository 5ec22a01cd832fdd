import {
	buildRequest,
	buildResponse,
	cancelledTransactionKey,
	dialogId,
	formatCSeq,
	formatNameAddr,
	type HeaderPair,
	receivedDialogId,
	type SipRequest,
	type SipResponse,
	serverTransactionKey,
	tagOf,
} from '@vigil/sip'
import { IncomingCall } from './incoming-call.ts'
import { Mailbox } from './mailbox.ts'
import { userOf } from './proxy-routing.ts'
import { type Credentials, randomId, ScriptedAgent } from './scripted-agent.ts'
import { ScriptedCall } from './scripted-call.ts'
import type { DialogContext, ScriptedDialog } from './scripted-dialog.ts'
import { openSipWire, type WireOptions, type WirePeer } from './sip-wire.ts'

export interface CallerOptions extends WireOptions {
	/** Own address-of-record, such as `sip:bob@example.test`. */
	readonly uri: string
	readonly displayName?: string
	/** Where requests go. */
	readonly server: WirePeer
	/** Answers challenges of the server. */
	readonly credentials?: Credentials
	/** Parameters of the own Contact, such as `+sip.instance`. */
	readonly contactParams?: Readonly<Record<string, string>>
	/** Parameters of the own Contact URI, such as `pn-prid`, as written: `;pn-provider=apns;pn-prid=...`. */
	readonly contactUriParams?: string
}

export interface InviteOptions {
	readonly body?: string
	readonly headers?: readonly HeaderPair[]
	readonly callId?: string
	/** CSeq number; default 1. */
	readonly seq?: number
	readonly fromTag?: string
	/** URI in To, where it is not that in the Request-URI. */
	readonly toUri?: string
	/** Body of the ACK: the answer to the offer of the 200, when `body` is empty. */
	readonly ackBody?: string
	/** Takes reliable provisional responses and acknowledges them (RFC 3262); default no. */
	readonly prack?: boolean
}

export interface RegisterOptions {
	readonly expiresSeconds?: number
	readonly headers?: readonly HeaderPair[]
}

/** A SIP user agent that a test plays by hand, on real sockets: it calls, registers, rings and answers. */
export class ScriptedCaller {
	/** Calls that came in. */
	readonly incoming = new Mailbox<IncomingCall>(({ callId }) => `call ${callId}`)
	/** Requests outside of dialogs other than INVITE, all answered with 200. */
	readonly requests = new Mailbox<SipRequest>(({ method }) => method)
	readonly #agent: ScriptedAgent
	readonly #options: CallerOptions
	readonly #dialogs = new Map<string, ScriptedDialog>()
	readonly #ringing = new Map<string, IncomingCall>()
	readonly #registrationId = randomId()
	#registerSeq = 0

	constructor(agent: ScriptedAgent, options: CallerOptions) {
		this.#agent = agent
		this.#options = options
		agent.onRequest((request, from) => this.#receive(request, from))
	}

	get host(): string {
		return this.#agent.wire.host
	}

	get port(): number {
		return this.#agent.wire.port
	}

	/** Own Contact value. */
	get contact(): string {
		const { uri, server, contactUriParams = '', contactParams = {} } = this.#options
		const transport = server.transport === 'tcp' ? ';transport=tcp' : ''
		const contactUri = `sip:${userOf(uri) ?? 'anonymous'}@${this.host}:${this.port}${transport}${contactUriParams}`
		return formatNameAddr({ uri: contactUri, params: new Map(Object.entries(contactParams)) })
	}

	/** Sends an INVITE; what becomes of it is heard from the call. */
	invite(to: string, options: InviteOptions = {}): ScriptedCall {
		const { body = sampleSdp(this.host), toUri = to, callId = randomId(), seq = 1 } = options
		const invite = this.#request('INVITE', to, toUri, { callId, seq, fromTag: options.fromTag }, [
			['Contact', this.contact],
			['Allow', 'INVITE, ACK, CANCEL, BYE, PRACK, OPTIONS, INFO, UPDATE, MESSAGE, NOTIFY, REFER'],
			...(options.prack ? [['Supported', '100rel'] as const] : []),
			...(options.headers ?? []),
			...(body === '' ? [] : [['Content-Type', 'application/sdp'] as const]),
		])
		return new ScriptedCall({
			invite: { ...invite, body: Buffer.from(body) },
			to: this.#options.server,
			credentials: this.#options.credentials,
			ackBody: options.ackBody,
			context: this.#context(),
			onDialog: (dialog) => this.#remember(dialog),
		})
	}

	/** Registers the own Contact and waits for the final response. */
	register(options: RegisterOptions = {}): Promise<SipResponse> {
		const { uri, server, credentials } = this.#options
		const domain = uri.replace(/^(sips?:)[^@]*@/, '$1')
		const register = this.#request(
			'REGISTER',
			domain,
			uri,
			{ callId: this.#registrationId, seq: ++this.#registerSeq },
			[['Contact', this.contact], ['Expires', String(options.expiresSeconds ?? 3600)], ...(options.headers ?? [])],
		)
		// The answer to a challenge takes the next number.
		this.#registerSeq++
		return this.#agent.sendAuthorized(register, server, credentials)
	}

	/** Removes the own Contact. */
	unregister(): Promise<SipResponse> {
		return this.register({ expiresSeconds: 0 })
	}

	/** Sends a request outside of a dialog, such as OPTIONS or MESSAGE, and waits for the final response. */
	send(method: string, to: string, headers: readonly HeaderPair[] = [], body = ''): Promise<SipResponse> {
		const request = this.#request(method, to, to, { callId: randomId(), seq: 1 }, headers)
		return this.#agent.sendAuthorized(
			{ ...request, body: Buffer.from(body) },
			this.#options.server,
			this.#options.credentials,
		)
	}

	/** Cuts TCP connections, as a change of network does. */
	dropConnections(): void {
		this.#agent.wire.dropConnections()
	}

	close(): Promise<void> {
		return this.#agent.close()
	}

	#request(
		method: string,
		uri: string,
		to: string,
		{ callId, seq, fromTag = randomId() }: { callId: string; seq: number; fromTag?: string | undefined },
		headers: readonly HeaderPair[],
	): SipRequest {
		const { uri: own, displayName } = this.#options
		const from = { uri: own, params: new Map([['tag', fromTag]]), ...(displayName !== undefined && { displayName }) }
		return buildRequest({
			method,
			uri,
			headers: [
				['Max-Forwards', '70'],
				['From', formatNameAddr(from)],
				['To', `<${to}>`],
				['Call-ID', callId],
				['CSeq', formatCSeq(seq, method)],
				...headers,
			],
		})
	}

	#receive(request: SipRequest, from: WirePeer): void {
		if (request.method === 'CANCEL') this.#receiveCancel(request, from)
		else if (tagOf(request.headers.get('To') ?? '') !== undefined) this.#receiveInDialog(request, from)
		else if (request.method === 'INVITE') this.#ring(request, from)
		else this.#respondOutside(request, from)
	}

	#receiveCancel(cancel: SipRequest, from: WirePeer): void {
		const call = this.#ringing.get(cancelledTransactionKey(cancel) ?? '')
		if (call) call.receiveCancel(cancel)
		else this.#agent.respond(cancel, buildResponse(cancel, 481, undefined, { toTag: randomId() }), from)
	}

	#receiveInDialog(request: SipRequest, from: WirePeer): void {
		const dialog = this.#dialogs.get(receivedDialogId(request))
		if (dialog) dialog.receive(request, from)
		else if (request.method !== 'ACK') this.#agent.respond(request, buildResponse(request, 481), from)
	}

	#ring(invite: SipRequest, from: WirePeer): void {
		const onDialog = (dialog: ScriptedDialog) => this.#remember(dialog)
		const call = new IncomingCall({ invite, from, context: this.#context(), onDialog })
		this.#ringing.set(serverTransactionKey(invite) ?? '', call)
		this.incoming.push(call)
	}

	#respondOutside(request: SipRequest, from: WirePeer): void {
		if (request.method === 'ACK') return
		this.#agent.respond(request, buildResponse(request, 200, undefined, { toTag: randomId() }), from)
		this.requests.push(request)
	}

	#context(): DialogContext {
		return { agent: this.#agent, contact: this.contact, fallback: this.#options.server }
	}

	#remember(dialog: ScriptedDialog): void {
		this.#dialogs.set(dialogId(dialog.dialog), dialog)
	}
}

/** Opens the sockets of a user agent. */
export async function startScriptedCaller(options: CallerOptions): Promise<ScriptedCaller> {
	return new ScriptedCaller(new ScriptedAgent(await openSipWire(options)), options)
}

/** A session description with one audio stream; `port` tells descriptions apart. */
export function sampleSdp(host: string, port = 40_000): string {
	return [
		'v=0',
		`o=- ${port} 1 IN IP4 ${host}`,
		's=-',
		`c=IN IP4 ${host}`,
		't=0 0',
		`m=audio ${port} RTP/AVP 0 8`,
		'a=rtpmap:0 PCMU/8000',
		'a=rtpmap:8 PCMA/8000',
		'a=sendrecv',
		'',
	].join('\r\n')
}
