import { buildResponse, type SipRequest } from '@vigil/sip'
import type { EndpointHandlers, Flow, ServerTransaction } from '@vigil/sip-transport'
import type { RegisterHandler } from '../attach/register-handler.ts'
import type { Registrations } from '../attach/registrations.ts'
import type { EdgeCounters } from '../counters.ts'
import {
	type DeviceOutgoingCall,
	decideFromDevice,
	decideFromWorker,
	type RoutingRules,
	type ToWorker,
} from '../routing/decide.ts'
import { type LocalResponse, localResponse } from '../routing/screen.ts'
import type { DeviceOutgoingCalls } from './device-outgoing-calls.ts'
import type { DeviceSide } from './device-side.ts'
import type { WorkerSide } from './worker-side.ts'

export interface ProxyOptions {
	readonly rules: RoutingRules
	readonly registrations: Registrations
	readonly registerHandler: RegisterHandler
	readonly devices: DeviceSide
	readonly workers: WorkerSide
	readonly calls: DeviceOutgoingCalls
	readonly randomId: () => string
	readonly counters: EdgeCounters
}

/** What the public sockets do with what comes in: REGISTER to the registrar, dialogs to their worker, calls to the one for calls, the rest refused. */
export function publicHandlers(options: ProxyOptions): EndpointHandlers {
	const { registerHandler, workers, calls, counters } = options
	return {
		onRequest(transaction) {
			if (transaction.request.method === 'REGISTER') {
				registerHandler.receive(transaction)
				return
			}
			const decision = fromDevice(options, transaction.request, transaction.flow)
			if (decision.kind === 'to-worker') {
				workers.forward(transaction, decision)
				return
			}
			if (decision.kind === 'device-outgoing-call') {
				calls.forward(transaction, decision)
				return
			}
			if (decision.status >= 300) counters.refusedFromDevice++
			respond(options, transaction, decision)
		},
		onAck(ack, flow) {
			const decision = fromDevice(options, ack, flow)
			if (decision.kind === 'to-worker') workers.acknowledge(decision)
			else counters.refusedFromDevice++
		},
	}
}

const REGISTER_FIRST = localResponse(403, 'Register First')

/** A dialog is its device's: who learnt a route from elsewhere, or comes from another flow than the device's, has to register first. */
function fromDevice(
	options: ProxyOptions,
	request: SipRequest,
	flow: Flow,
): LocalResponse | ToWorker | DeviceOutgoingCall {
	const { registrations } = options
	const decision = decideFromDevice(request, options.rules)
	// RFC 3261 11.2: an OPTIONS hears what an INVITE would.
	if (decision.kind === 'ping') return registrations.isUsed(flow) ? decision.reply : REGISTER_FIRST
	if (decision.kind !== 'to-worker') return decision
	const isHere = registrations.dialogFlowOf(decision.deviceId)?.id === flow.id
	return isHere ? decision : REGISTER_FIRST
}

/** What the internal sockets do with what comes in: to the device that the Route names. */
export function internalHandlers(options: ProxyOptions): EndpointHandlers {
	const { rules, devices, counters } = options
	return {
		onRequest(transaction) {
			const decision = decideFromWorker(transaction.request, rules)
			if (decision.kind === 'to-device') {
				devices.forward(transaction, decision)
				return
			}
			if (decision.status >= 300) counters.refusedFromWorker++
			respond(options, transaction, decision)
		},
		onAck(ack) {
			const decision = decideFromWorker(ack, rules)
			if (decision.kind === 'to-device') devices.acknowledge(decision)
			else counters.refusedFromWorker++
		},
	}
}

function respond({ randomId }: ProxyOptions, transaction: ServerTransaction, decision: LocalResponse): void {
	const { status, reason, headers } = decision
	transaction.respond(buildResponse(transaction.request, status, reason, { toTag: randomId(), headers }))
}
