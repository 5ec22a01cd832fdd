import type { DeviceId } from '@vigil/domain'
import type { Logger } from '@vigil/runtime'
import { addressHost, buildResponse, headerList, parseNameAddr, parseUri, type SipRequest } from '@vigil/sip'
import type { Flow, ServerTransaction } from '@vigil/sip-transport'
import type { Registrations } from '../attach/registrations.ts'
import type { EdgeCounters } from '../counters.ts'
import type { DeviceOutgoingCall } from '../routing/decide.ts'
import type { FlowToken } from '../routing/flow-token.ts'
import { withAssertedIdentity, withRecordRoutes } from '../routing/forwarded.ts'
import { type LocalResponse, localResponse } from '../routing/screen.ts'
import { type WorkerHop, workerHopAt } from '../routing/worker-hop.ts'
import type { CallAuthentication } from './call-authentication.ts'
import type { WorkerSide } from './worker-side.ts'

export interface DeviceOutgoingCallsOptions {
	readonly registrations: Registrations
	readonly authentication: CallAuthentication
	readonly workers: WorkerSide
	/** `host:port` of the worker that takes calls, if there is one. */
	readonly callWorker: () => string | undefined
	/** The Record-Routes of the two sides for a call that came through `flow`. */
	readonly publicRoute: (token: FlowToken, flow: Flow) => string
	readonly internalRoute: (token: FlowToken) => string
	/** The domain of the devices' addresses. */
	readonly domain: string
	readonly retryAfterSeconds: number
	readonly randomId: () => string
	readonly counters: EdgeCounters
	readonly logger: Logger
}

/** Calls that devices make: finds out which device it is, and hands the INVITE to the worker with our word for it. */
export class DeviceOutgoingCalls {
	readonly #options: DeviceOutgoingCallsOptions

	constructor(options: DeviceOutgoingCallsOptions) {
		this.#options = options
	}

	forward(transaction: ServerTransaction, { request }: DeviceOutgoingCall): void {
		this.#forward(transaction, request).catch((error: unknown) => {
			this.#options.logger.error({ err: error }, 'a call of a device was not put through')
			this.#refuse(transaction, this.#unavailable())
		})
	}

	async #forward(transaction: ServerTransaction, request: SipRequest): Promise<void> {
		const { authentication, workers } = this.#options
		const { flow } = transaction
		const deviceId = this.#deviceOn(flow, request)
		const worker = workerHopAt(this.#options.callWorker() ?? '')
		const refusal =
			deviceId === undefined
				? localResponse(403, 'Register First')
				: await authentication.refusal(deviceId, transaction.request, flow)
		if (refusal || deviceId === undefined) this.#refuse(transaction, refusal ?? localResponse(403))
		else if (!worker) this.#refuse(transaction, this.#unavailable())
		else workers.send(transaction, worker, this.#vouchedFor(request, { deviceId, worker }, flow))
	}

	/** Where several devices share a flow, From or Contact tells whose call it is. */
	#deviceOn(flow: Flow, request: SipRequest): DeviceId | undefined {
		const { registrations } = this.#options
		const devices = registrations.devicesOn(flow)
		if (devices.length <= 1) return devices[0]
		const from = parseUri(parseNameAddr(request.headers.get('From') ?? '')?.uri ?? '')
		const contact = parseNameAddr(headerList(request.headers, 'Contact')[0] ?? '')?.uri
		return (
			devices.find((id) => from?.scheme === 'sip' && from.user === id) ??
			devices.find((id) => contact !== undefined && registrations.contactOf(id) === contact)
		)
	}

	#vouchedFor(request: SipRequest, token: FlowToken & { readonly worker: WorkerHop }, flow: Flow): SipRequest {
		const { publicRoute, internalRoute, domain } = this.#options
		const asserted = withAssertedIdentity(request, `sip:${token.deviceId}@${addressHost(domain)}`)
		return withRecordRoutes(asserted, publicRoute(token, flow), internalRoute(token))
	}

	#unavailable(): LocalResponse {
		return localResponse(503, undefined, [['Retry-After', String(this.#options.retryAfterSeconds)]])
	}

	#refuse(transaction: ServerTransaction, { status, reason, headers }: LocalResponse): void {
		const { counters, randomId } = this.#options
		if (status !== 407) counters.refusedFromDevice++
		transaction.respond(buildResponse(transaction.request, status, reason, { toTag: randomId(), headers }))
	}
}
