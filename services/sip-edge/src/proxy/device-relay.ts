import type { DeviceId } from '@vigil/domain'
import type { Clock } from '@vigil/runtime'
import { type SipRequest, type SipResponse, topVia } from '@vigil/sip'
import type { ClientListener, Flow, ServerTransaction, SipEndpoint } from '@vigil/sip-transport'
import type { Registrations } from '../attach/registrations.ts'
import type { EdgeCounters } from '../counters.ts'
import type { ToDevice } from '../routing/decide.ts'
import { withDeviceStatus, withoutTrustedFields } from '../routing/forwarded.ts'
import type { BranchSource } from './branch-source.ts'
import type { Reattachments } from './reattachments.ts'
import { Relay } from './relay.ts'

export interface DeviceRelayOptions {
	readonly transaction: ServerTransaction
	readonly decision: ToDevice
	/** The request as it leaves through that flow. */
	readonly prepare: (flow: Flow) => SipRequest
	readonly endpoint: SipEndpoint
	readonly branches: BranchSource
	readonly registrations: Registrations
	readonly reattachments: Reattachments
	readonly reattachWaitMs: number
	readonly clock: Clock
	readonly randomId: () => string
	readonly counters: EdgeCounters
	readonly onResponded: () => void
}

/**
 * A request on its way to a device. When the flow ends before the answer has come, it waits for the device to attach again
 * and is then repeated there with the same branch: a device that has it already takes it for a retransmission, one that
 * was started anew takes it for the first time. Nobody else notices, and no device is called twice.
 */
export class DeviceRelay {
	readonly #options: DeviceRelayOptions
	readonly #relay: Relay
	#prepared: SipRequest | undefined
	#flow: Flow | undefined

	constructor(options: DeviceRelayOptions) {
		this.#options = options
		const { transaction, clock, randomId, onResponded } = options
		this.#relay = new Relay({
			transaction,
			clock,
			randomId,
			filter: (response) => this.#fromDevice(response),
			onLost: () => this.#resume(),
			onResponded,
		})
	}

	get deviceId(): DeviceId {
		return this.#options.decision.deviceId
	}

	/** The flow that the request left through last. */
	get flow(): Flow | undefined {
		return this.#flow
	}

	/**
	 * Sends the request through the flow that the device has. A call for a device that has none fails at once, as its worker
	 * can wake the device; what belongs to a dialog waits a little.
	 */
	start(): void {
		const flow = this.#flowNow()
		if (flow) this.#send(flow)
		else if (this.#options.decision.inDialog) this.#wait()
		else this.#failFlow()
	}

	/** There is no such device any more. */
	deviceRemoved(): void {
		this.#relay.fail(404)
	}

	/** The flow is gone. Should it still stand there, it is the sending that failed, and trying again would fail again. */
	#resume(): void {
		const flow = this.#flowNow()
		if (!flow) this.#wait()
		else if (flow.id === this.#flow?.id) this.#relay.fail(503)
		else this.#resend(flow)
	}

	#flowNow(): Flow | undefined {
		const { decision, registrations } = this.#options
		return decision.inDialog ? registrations.dialogFlowOf(this.deviceId) : registrations.flowOf(this.deviceId)
	}

	async #wait(): Promise<void> {
		const { reattachments, reattachWaitMs } = this.#options
		const flow = await reattachments.wait(this.deviceId, reattachWaitMs)
		if (flow) this.#resend(flow)
		else this.#failFlow()
	}

	#resend(flow: Flow): void {
		this.#options.counters.resumed++
		this.#send(flow)
	}

	#failFlow(): void {
		this.#options.counters.flowFailed++
		this.#relay.fail(430)
	}

	#send(flow: Flow): void {
		const { endpoint, branches, prepare } = this.#options
		const request = this.#prepared ?? prepare(flow)
		this.#prepared = request
		this.#flow = flow
		const via = this.#relay.sent && topVia(this.#relay.sent)
		const branch = via?.params.get('branch')
		if (via === undefined || typeof branch !== 'string') {
			this.#relay.send((listener) => endpoint.request(request, flow, listener))
			return
		}
		const sentBy = via.port === undefined ? via.host : `${via.host}:${via.port}`
		const again = (listener: ClientListener) => endpoint.request(request, flow, listener, { sentBy })
		this.#relay.send((listener) => branches.reuse(branch, () => again(listener)))
	}

	#fromDevice(response: SipResponse): SipResponse {
		const { transaction, decision } = this.#options
		const isCall = transaction.request.method === 'INVITE' && !decision.inDialog
		const plain = withoutTrustedFields(response)
		return withoutServerTrouble(isCall && plain.status >= 300 ? withDeviceStatus(plain) : plain)
	}
}

/** RFC 3261 16.7 step 6: the 503 of a device says nothing of this edge, so it goes on as 500. */
function withoutServerTrouble(response: SipResponse): SipResponse {
	return response.status === 503 ? { ...response, status: 500, reason: 'Device Unavailable' } : response
}
