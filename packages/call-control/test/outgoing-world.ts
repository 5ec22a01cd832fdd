import type { Call, CallEnd, DeviceId } from '@vigil/domain'
import { silentLogger } from '@vigil/runtime'
import {
	buildAckFor2xx,
	buildRequest,
	buildResponse,
	type Dialog,
	formatChallenge,
	type HeaderPair,
	inDialogRequest,
	parseAuthorization,
	type SipRequest,
	type SipResponse,
	uacDialog,
	uasDialog,
} from '@vigil/sip'
import { type EndpointHandlers, type ServerTransaction, SipEndpoint } from '@vigil/sip-transport'
import { MemoryChannel } from '@vigil/sip-transport/testing'
import { LossyNetwork, type NetworkBehaviour, SeededRandom, VirtualClock } from '@vigil/testkit'
import type { CallDeps } from '../src/call-deps.ts'
import { CallRegistry } from '../src/registry/call-registry.ts'
import { OngoingInvites } from '../src/registry/ongoing-invites.ts'
import { ReferSubscriptions } from '../src/registry/refer-subscriptions.ts'
import { edgeHandlers, upstreamHandlers } from '../src/requests/call-handlers.ts'
import type { CallRequestDeps } from '../src/requests/call-request-deps.ts'
import { TestLine } from './test-line.ts'

const DEVICE = 'dev1' as DeviceId
const [AT_DEVICE, AT_EDGE_SIDE] = [place('10.0.0.1'), place('10.0.0.2')]
const [AT_SERVER, AT_UPSTREAM_SIDE] = [place('10.0.1.1'), place('10.0.1.2')]
export const RING_WITHIN_MS = 185_000

function place(host: string) {
	return { host, port: 5060 }
}

/** What the server of the line does with a call. */
export interface ServerPlan {
	/** Proofs that it finds stale before it takes one, per request. */
	readonly staleProofs?: number
	readonly answerAfterMs?: number
	/** Refuses in place of answering. */
	readonly status?: number
	/** Further ends that answer as well, with tags of their own (a proxy that forks). */
	readonly forks?: number
}

/** Call control between a device and a SIP server, on a network that loses messages and a clock that the test moves. */
export class OutgoingWorld {
	readonly clock = new VirtualClock()
	readonly registry = new CallRegistry()
	readonly begun: Call[] = []
	readonly ended: CallEnd[] = []
	readonly heard: SipResponse[] = []
	/** Requests as the server got them, each once. */
	readonly atServer: SipRequest[] = []
	readonly serverAcks: SipRequest[] = []
	/** Dialogs of the server's ends that are up. */
	readonly serverDialogs = new Map<string, Dialog>()
	readonly atDevice: SipRequest[] = []
	deviceDialog: Dialog | undefined
	readonly #plan: ServerPlan
	readonly #device: SipEndpoint
	readonly #server: SipEndpoint
	readonly #toCallControl: ReturnType<MemoryChannel['flowTo']>
	readonly #serverToCallControl: ReturnType<MemoryChannel['flowTo']>
	readonly #stale = new Map<string, number>()
	#ids = 0

	constructor(plan: ServerPlan = {}, behaviour: Partial<NetworkBehaviour> = {}, seed = 1) {
		const { clock } = this
		this.#plan = plan
		const network = new LossyNetwork({ clock, random: new SeededRandom(seed), behaviour })
		const channel = (address: typeof AT_DEVICE) => new MemoryChannel({ network, address })
		const [device, edgeSide, upstreamSide, server] = [AT_DEVICE, AT_EDGE_SIDE, AT_UPSTREAM_SIDE, AT_SERVER].map(channel)
		if (!device || !edgeSide || !upstreamSide || !server) throw new Error('no channels')
		const endpoint = (on: MemoryChannel, handlers: EndpointHandlers) =>
			new SipEndpoint({ channel: on, handlers, clock, logger: silentLogger, branch: () => `z9hG4bK${this.#id()}` })
		const random = { token: () => this.#id() }
		const line = new TestLine({
			id: 'acc1',
			user: 'alice',
			routes: ['<sip:10.0.1.1;lr>'],
			hostPort: '10.0.1.2:5060',
			endpoint: () => upstreamEndpoint,
			flow: () => upstreamSide.flowTo(AT_SERVER),
			random,
		})
		const requests: CallRequestDeps = {
			calls: () => calls,
			targets: () => ({ find: () => ({ target: line, source: 'usual' }), lineFor: () => ({ line }) }),
			sourceCounts: { unusual: 0, refused: 0 },
			accepting: () => true,
			logger: silentLogger,
		}
		const edgeEndpoint = endpoint(edgeSide, edgeHandlers(requests))
		const upstreamEndpoint = endpoint(upstreamSide, upstreamHandlers(requests))
		const calls: CallDeps = {
			devices: {
				endpoint: edgeEndpoint,
				hostPort: '10.0.0.2:5060',
				flowTo: async () => edgeSide.flowTo(AT_DEVICE),
				bindingOf: () => undefined,
			},
			journal: {
				begin: (call) => this.begun.push(call),
				answered: () => {},
				end: (_id, end) => this.ended.push(end),
				event: () => {},
			},
			registry: this.registry,
			invites: new OngoingInvites(),
			subscriptions: new ReferSubscriptions(clock),
			enqueuePush: async () => {},
			clock,
			logger: silentLogger,
			random,
			wakeWithinMs: 60_000,
			ringWithinMs: RING_WITHIN_MS,
		}
		this.#device = endpoint(device, {
			onRequest: (transaction) => this.#deviceReceives(transaction),
			onAck: () => {},
			onResponse2xx: (response) => this.#deviceHears(response),
		})
		this.#server = endpoint(server, {
			onRequest: (transaction) => this.#serve(transaction),
			onAck: (ack) => this.serverAcks.push(ack),
		})
		this.#toCallControl = device.flowTo(AT_EDGE_SIDE)
		this.#serverToCallControl = server.flowTo(AT_UPSTREAM_SIDE)
	}

	/** The device calls; gives what cancels it. */
	dial(headers: readonly HeaderPair[] = []): { cancel(): void } {
		const invite = buildRequest({
			method: 'INVITE',
			uri: 'sip:bob@pbx.example',
			headers: [
				['Max-Forwards', '70'],
				['From', `<sip:alice@pbx.example>;tag=${this.#id()}`],
				['To', '<sip:bob@pbx.example>'],
				['Call-ID', this.#id()],
				['CSeq', '7 INVITE'],
				['Contact', '<sip:phone@10.0.0.1:5060>'],
				['P-Asserted-Identity', `<sip:${DEVICE}@vigil>`],
				...headers,
			],
			body: 'offer',
		})
		this.#invite = invite
		const transaction = this.#device.request(invite, this.#toCallControl, {
			onResponse: (response) => this.#deviceHears(response),
			onFailure: () => {},
		})
		return { cancel: () => transaction.cancel() }
	}
	#invite: SipRequest | undefined

	/** A request of the device within the call; resolves with its final answer as time goes on. */
	deviceSends(method: string): SipResponse[] {
		if (!this.deviceDialog) throw new Error('the device is not in a call')
		const headers: HeaderPair[] = [['Contact', '<sip:phone@10.0.0.1:5060>']]
		const { dialog, request } = inDialogRequest(this.deviceDialog, method, { headers })
		this.deviceDialog = dialog
		const responses: SipResponse[] = []
		this.#device.request(request, this.#toCallControl, { onResponse: (r) => responses.push(r), onFailure: () => {} })
		return responses
	}

	/** The callee hangs up. */
	calleeHangsUp(): void {
		for (const dialog of this.serverDialogs.values()) {
			const { request } = inDialogRequest(dialog, 'BYE')
			this.#server.request(request, this.#serverToCallControl, { onResponse: () => {}, onFailure: () => {} })
		}
		this.serverDialogs.clear()
	}

	#deviceHears(response: SipResponse): void {
		this.heard.push(response)
		const invite = this.#invite
		if (!invite || response.status < 200 || response.status >= 300) return
		const dialog = uacDialog(invite, response)
		if (!dialog) return
		this.deviceDialog ??= dialog
		this.#device.sendAck(buildAckFor2xx(dialog, invite), this.#toCallControl)
	}

	#deviceReceives(transaction: ServerTransaction): void {
		this.atDevice.push(transaction.request)
		transaction.respond(buildResponse(transaction.request, 200))
	}

	#serve(transaction: ServerTransaction): void {
		const { request } = transaction
		this.atServer.push(request)
		const toTag = this.#id()
		if (!this.#isProven(request)) {
			const stale = request.headers.has('Proxy-Authorization')
			const text = formatChallenge({ realm: 'pbx', nonce: this.#id(), algorithm: 'MD5', stale, qop: ['auth'] })
			transaction.respond(buildResponse(request, 407, undefined, { toTag, headers: [['Proxy-Authenticate', text]] }))
			return
		}
		if (request.method !== 'INVITE' || /;tag=/.test(request.headers.get('To') ?? '')) this.#serveInDialog(transaction)
		else this.#serveCall(transaction, toTag)
	}

	#serveInDialog(transaction: ServerTransaction): void {
		const { request } = transaction
		const tag = /;tag=([^;]+)/.exec(request.headers.get('To') ?? '')?.[1] ?? ''
		const known = this.serverDialogs.has(tag)
		if (request.method === 'BYE') this.serverDialogs.delete(tag)
		transaction.respond(buildResponse(request, known ? 200 : 481, undefined, { headers: [CONTACT] }))
	}

	#serveCall(transaction: ServerTransaction, toTag: string): void {
		const { answerAfterMs = 1000, status = 200, forks = 0 } = this.#plan
		const { request } = transaction
		const timer = this.clock.setTimer(answerAfterMs, () => {
			const tags = [toTag, ...Array.from({ length: forks }, () => this.#id())]
			for (const tag of tags) this.#respond(transaction, status, tag)
		})
		transaction.onCancel = () => {
			this.clock.clearTimer(timer)
			transaction.respond(buildResponse(request, 487, undefined, { toTag }))
		}
		transaction.respond(buildResponse(request, 180, undefined, { toTag, headers: [CONTACT] }))
	}

	/** Repeats a 2xx until its ACK, as a callee must (RFC 3261 13.3.1.4). */
	#respond(transaction: ServerTransaction, status: number, toTag: string, elapsedMs = 0): void {
		const { request } = transaction
		const response = buildResponse(request, status, undefined, { toTag, headers: [CONTACT] })
		transaction.respond(response)
		if (status >= 300) return
		const dialog = elapsedMs === 0 ? uasDialog(request, response) : undefined
		if (dialog) this.serverDialogs.set(toTag, dialog)
		if (elapsedMs >= 32_000) return
		this.clock.setTimer(500, () => {
			const acked = this.serverAcks.some((ack) => (ack.headers.get('To') ?? '').includes(toTag))
			if (!acked) this.#respond(transaction, status, toTag, elapsedMs + 500)
		})
	}

	#isProven({ method, headers }: SipRequest): boolean {
		if (parseAuthorization(headers.get('Proxy-Authorization') ?? '') === undefined) return false
		const stale = this.#stale.get(method) ?? 0
		this.#stale.set(method, stale + 1)
		return stale >= (this.#plan.staleProofs ?? 0)
	}

	#id(): string {
		return `x${++this.#ids}`
	}
}

const CONTACT: HeaderPair = ['Contact', '<sip:bob@10.0.1.1:5060>']
