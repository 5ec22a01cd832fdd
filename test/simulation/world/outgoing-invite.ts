import { buildAckFor2xx, buildRequest, inDialogRequest, type SipRequest, type SipResponse, uacDialog } from '@vigil/sip'
import type { ClientTransaction, Flow } from '@vigil/sip-transport'
import type { UserAgent } from './user-agent.ts'

/** A call as its caller sees it. */
export interface PlacedCall {
	readonly callId: string
	readonly user: string
	readonly placedAtMs: number
	/** What the caller got in the end; `timeout` where nothing came. */
	final: number | 'timeout' | undefined
	finalAtMs: number | undefined
	cancelled: boolean
}

export interface CallPlan {
	readonly contact: string
	readonly user: string
	readonly cancelAfterMs: number | undefined
	readonly talkMs: number
}

/** Timer C of the proxy before us (RFC 3261 16.6): whoever has said that he tries, and then nothing, is given up. */
const GIVES_UP_MS = 200_000

const SDP = 'v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n'

/** One call of a caller: INVITE, ACK, BYE, or CANCEL. */
export class OutgoingInvite {
	readonly call: PlacedCall
	readonly #agent: UserAgent
	readonly #flow: Flow
	readonly #plan: CallPlan
	#request: SipRequest | undefined
	#transaction: ClientTransaction | undefined
	#isOver = false

	constructor(agent: UserAgent, flow: Flow, plan: CallPlan) {
		this.#agent = agent
		this.#flow = flow
		this.#plan = plan
		const { clock, random } = agent.process
		this.call = {
			callId: random.id(20),
			user: plan.user,
			placedAtMs: clock.now(),
			final: undefined,
			finalAtMs: undefined,
			cancelled: false,
		}
	}

	begin(): void {
		const { contact, user, cancelAfterMs } = this.#plan
		const { clock, address, random } = this.#agent.process
		this.#request = buildRequest({
			method: 'INVITE',
			uri: contact,
			headers: [
				['Max-Forwards', '70'],
				['From', `<sip:caller@${address}>;tag=${random.id(8)}`],
				['To', `<sip:${user}@${address}>`],
				['Call-ID', this.call.callId],
				['CSeq', '1 INVITE'],
				['Contact', `<sip:caller@${address}:5060>`],
				['Content-Type', 'application/sdp'],
			],
			body: SDP,
		})
		this.#transaction = this.#agent.endpoint.request(this.#request, this.#flow, {
			onResponse: (response) => this.#response(response),
			onFailure: () => this.#final('timeout'),
		})
		clock.setTimer(GIVES_UP_MS, () => this.#final('timeout'))
		if (cancelAfterMs === undefined) return
		clock.setTimer(cancelAfterMs, () => {
			if (this.call.final !== undefined) return
			this.call.cancelled = true
			this.#transaction?.cancel()
		})
	}

	/** A 2xx came again: its ACK was lost (RFC 3261 13.2.2.4). */
	repeated(response: SipResponse): void {
		this.#acknowledge(response)
	}

	/** The other side has hung up. */
	ended(): void {
		this.#isOver = true
	}

	#response(response: SipResponse): void {
		if (response.status < 200) return
		const isFirst = this.call.final === undefined
		this.#final(response.status)
		if (response.status >= 300) return
		this.#acknowledge(response)
		if (isFirst) this.#agent.process.clock.setTimer(this.#plan.talkMs, () => this.#hangUp(response))
	}

	#final(status: number | 'timeout'): void {
		if (this.call.final !== undefined) return
		this.call.final = status
		this.call.finalAtMs = this.#agent.process.clock.now()
	}

	#acknowledge(response: SipResponse): void {
		const request = this.#transaction?.request
		const dialog = request && uacDialog(request, response)
		if (request && dialog) this.#agent.endpoint.sendAck(buildAckFor2xx(dialog, request), this.#flow)
	}

	#hangUp(response: SipResponse): void {
		const request = this.#transaction?.request
		const dialog = request && uacDialog(request, response)
		if (!dialog || this.#isOver) return
		this.#isOver = true
		void this.#agent.request(inDialogRequest(dialog, 'BYE').request, this.#flow)
	}
}
