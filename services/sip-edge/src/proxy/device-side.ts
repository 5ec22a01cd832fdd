import type { DeviceId } from '@vigil/domain'
import type { Clock } from '@vigil/runtime'
import type { SipRequest } from '@vigil/sip'
import type { Flow, ServerTransaction, SipEndpoint } from '@vigil/sip-transport'
import type { Activity } from '../activity.ts'
import type { Registrations } from '../attach/registrations.ts'
import type { EdgeCounters } from '../counters.ts'
import type { ToDevice } from '../routing/decide.ts'
import type { FlowToken } from '../routing/flow-token.ts'
import { retarget, withRecordRoutes } from '../routing/forwarded.ts'
import type { BranchSource } from './branch-source.ts'
import { DeviceRelay } from './device-relay.ts'
import { Reattachments } from './reattachments.ts'

export interface DeviceSideOptions {
	/** The endpoint of the public sockets. */
	readonly endpoint: () => SipEndpoint
	readonly branches: BranchSource
	readonly registrations: Registrations
	/** The Record-Route of the internal side for a request that came through `flow`. */
	readonly internalRoute: (token: FlowToken, flow: Flow) => string
	/** The Record-Route of the public side for a request that leaves through `flow`. */
	readonly publicRoute: (token: FlowToken, flow: Flow) => string
	readonly reattachWaitMs: number
	readonly clock: Clock
	readonly randomId: () => string
	readonly counters: EdgeCounters
	readonly activity: Activity
}

/** Puts requests of workers through to devices. */
export class DeviceSide {
	readonly #options: DeviceSideOptions
	readonly #reattachments: Reattachments
	readonly #relays = new Map<DeviceId, Set<DeviceRelay>>()
	readonly #stopListening: () => void

	constructor(options: DeviceSideOptions) {
		this.#options = options
		this.#reattachments = new Reattachments(options.clock)
		this.#stopListening = options.registrations.onAttached((deviceId, flow) => this.#attached(deviceId, flow))
	}

	forward(transaction: ServerTransaction, decision: ToDevice): void {
		const { reattachWaitMs, endpoint, branches, registrations, clock, randomId, counters } = this.#options
		counters.forwardedToDevice++
		const relay = new DeviceRelay({
			transaction,
			decision,
			prepare: (flow) => this.#prepare(decision, transaction.flow, flow),
			endpoint: endpoint(),
			branches,
			registrations,
			reattachments: this.#reattachments,
			reattachWaitMs,
			clock,
			randomId,
			counters,
			onResponded: () => this.#forget(relay),
		})
		this.#remember(relay)
		relay.start()
	}

	/** An ACK for a 2xx. Without a flow it is lost, as on any network; the device repeats its 2xx. */
	acknowledge({ deviceId, request }: ToDevice): void {
		const flow = this.#options.registrations.dialogFlowOf(deviceId)
		if (flow) this.#options.endpoint().sendAck(request, flow)
		else this.#options.counters.flowFailed++
	}

	/** The device will never attach again: what waits for its answer is told so. */
	removed(deviceId: DeviceId): void {
		for (const relay of [...(this.#relays.get(deviceId) ?? [])]) relay.deviceRemoved()
	}

	close(): void {
		this.#stopListening()
		this.#reattachments.close()
	}

	#prepare(decision: ToDevice, arrival: Flow, departure: Flow): SipRequest {
		const { registrations, internalRoute, publicRoute } = this.#options
		const { deviceId, worker, request, inDialog } = decision
		const contact = inDialog ? undefined : registrations.contactOf(deviceId)
		const target = contact === undefined ? request : retarget(request, contact)
		if (!worker) return target
		const token = { deviceId, worker }
		return withRecordRoutes(target, internalRoute(token, arrival), publicRoute(token, departure))
	}

	/**
	 * A device that attaches through another flow has left the one before, though that may not have been noticed yet.
	 * Closing it lets the requests that hang there follow.
	 */
	#attached(deviceId: DeviceId, flow: Flow): void {
		for (const relay of [...(this.#relays.get(deviceId) ?? [])]) {
			const old = relay.flow
			if (old && old.id !== flow.id && !this.#options.registrations.isUsed(old)) old.close()
		}
		this.#reattachments.attached(deviceId, flow)
	}

	#remember(relay: DeviceRelay): void {
		this.#options.activity.begin()
		const relays = this.#relays.get(relay.deviceId)
		if (relays) relays.add(relay)
		else this.#relays.set(relay.deviceId, new Set([relay]))
	}

	#forget(relay: DeviceRelay): void {
		this.#options.activity.end()
		const relays = this.#relays.get(relay.deviceId)
		relays?.delete(relay)
		if (relays?.size === 0) this.#relays.delete(relay.deviceId)
	}
}
