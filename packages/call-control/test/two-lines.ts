import type { PushJob } from '@vigil/contracts'
import type { Call, Device, DeviceBinding, DeviceId } from '@vigil/domain'
import { silentLogger } from '@vigil/runtime'
import { buildRequest, type HeaderPair, type SipRequest, type SipResponse } from '@vigil/sip'
import type { ClientListener, EndpointHandlers, Flow, ServerTransaction } from '@vigil/sip-transport'
import { VirtualClock } from '@vigil/testkit'
import type { CallDeps } from '../src/call-deps.ts'
import type { CallEndpoint } from '../src/ports/call-side.ts'
import { CallRegistry } from '../src/registry/call-registry.ts'
import { OngoingInvites } from '../src/registry/ongoing-invites.ts'
import { ReferSubscriptions } from '../src/registry/refer-subscriptions.ts'
import { edgeHandlers, upstreamHandlers } from '../src/requests/call-handlers.ts'
import type { CallRequestDeps } from '../src/requests/call-request-deps.ts'
import { TestLine } from './test-line.ts'

/** A request as an endpoint was asked to send it. */
interface Sent {
	readonly request: SipRequest
	readonly listener: ClientListener
}

const PHONE = 'dev1' as DeviceId

const FLOW = { id: 'f', transport: 'tcp', reliable: true, remote: { host: '10.0.1.1', port: 5060 } } as Flow
const DEVICE = { id: PHONE, lines: [], pushTokens: [] } as unknown as Device
const BINDING: DeviceBinding = {
	deviceId: PHONE,
	bindingId: 'b1',
	route: 'sip:flow@10.0.0.1;lr',
	contact: 'sip:phone@10.0.0.9',
	attachedAtMs: 0,
	expiresAtMs: 1_000_000,
}

/** One phone that rings for two targets of different kinds, each with an endpoint of its own. */
export class TwoLines {
	readonly clock = new VirtualClock()
	readonly registry = new CallRegistry()
	readonly begun: Call[] = []
	readonly pushed: PushJob[] = []
	/** What went out towards the phone, and towards the server of each line. */
	readonly sent: Readonly<Record<'phone' | 'account' | 'gateway', Sent[]>> = { phone: [], account: [], gateway: [] }
	readonly #upstream: EndpointHandlers
	readonly #edge: EndpointHandlers
	#ids = 0

	constructor() {
		const { clock } = this
		const lines = (['account', 'gateway'] as const).map((id) => this.#line(id))
		const requests: CallRequestDeps = {
			calls: () => calls,
			targets: () => ({
				find: ({ uri }) => {
					const target = lines.find(({ id }) => uri.startsWith(`sip:${id}@`))
					return target && { target, source: 'usual' }
				},
				lineFor: ({ uri }) => {
					throw new Error(`no call goes out to ${uri}`)
				},
			}),
			sourceCounts: { unusual: 0, refused: 0 },
			accepting: () => true,
			logger: silentLogger,
		}
		const calls: CallDeps = {
			devices: {
				endpoint: this.#endpoint('phone'),
				hostPort: '10.0.0.2:5060',
				flowTo: async () => FLOW,
				bindingOf: () => BINDING,
			},
			journal: { begin: (call) => this.begun.push(call), answered: () => {}, end: () => {}, event: () => {} },
			registry: this.registry,
			invites: new OngoingInvites(),
			subscriptions: new ReferSubscriptions(clock),
			enqueuePush: async (job) => void this.pushed.push(job),
			clock,
			logger: silentLogger,
			random: { token: () => this.#id() },
			wakeWithinMs: 60_000,
			ringWithinMs: 185_000,
		}
		this.#upstream = upstreamHandlers(requests)
		this.#edge = edgeHandlers(requests)
	}

	/** The same INVITE, but for its Request-URI: as a proxy forks it. Gives what it is answered. */
	call(user: string): SipResponse[] {
		const invite = buildRequest({
			method: 'INVITE',
			uri: `sip:${user}@10.0.1.2`,
			headers: [
				['Via', 'SIP/2.0/TCP 10.0.1.1;branch=z9hG4bK1'],
				['Max-Forwards', '70'],
				['From', '<sip:bob@pbx.example>;tag=bob'],
				['To', `<sip:${user}@pbx.example>`],
				['Call-ID', 'one'],
				['CSeq', '1 INVITE'],
				['Contact', '<sip:bob@10.0.1.1>'],
			],
			body: 'offer',
		})
		return receive(this.#upstream, invite)
	}

	/** The caller acknowledges the answer that its INVITE got. */
	acknowledge(answers: readonly SipResponse[]): void {
		const answer = answers.find(({ status }) => status === 200)
		const to = answer?.headers.get('To') ?? ''
		const headers: HeaderPair[] = [
			['Via', 'SIP/2.0/TCP 10.0.1.1;branch=z9hG4bK2'],
			['From', '<sip:bob@pbx.example>;tag=bob'],
			['To', to],
			['Call-ID', 'one'],
			['CSeq', '1 ACK'],
		]
		this.#upstream.onAck(buildRequest({ method: 'ACK', uri: 'sip:ours@10.0.1.2', headers }), FLOW)
	}

	/** A request of the phone within the call. */
	phoneSends(request: SipRequest): SipResponse[] {
		return receive(this.#edge, request)
	}

	#line(id: 'account' | 'gateway'): TestLine {
		return new TestLine({
			id,
			user: id,
			devices: [DEVICE],
			hostPort: '10.0.1.2:5060',
			endpoint: () => this.#endpoint(id),
			flow: () => FLOW,
			random: { token: () => this.#id() },
		})
	}

	#endpoint(name: keyof TwoLines['sent']): CallEndpoint {
		return {
			request: (request, _flow, listener) => {
				this.sent[name].push({ request, listener })
				return { request, cancel: () => {} }
			},
			sendAck: () => {},
		}
	}

	#id(): string {
		return `x${++this.#ids}`
	}
}

function receive(handlers: EndpointHandlers, request: SipRequest): SipResponse[] {
	const answers: SipResponse[] = []
	const transaction: ServerTransaction = { request, flow: FLOW, respond: (response) => void answers.push(response) }
	handlers.onRequest(transaction)
	return answers
}
