import type { DeviceId } from '@vigil/domain'
import { MachineRunner } from '@vigil/runtime'
import {
	type BridgeEffect,
	type BridgeInput,
	type BridgeState,
	bridgedDialogs,
	buildResponse,
	type Leg,
	renameDialogs,
	type SipRequest,
	type SipResponse,
	stepBridge,
	tagOf,
} from '@vigil/sip'
import type { ClientListener, ClientTransaction, Flow, RequestOptions, ServerTransaction } from '@vigil/sip-transport'
import type { CallDeps } from '../call-deps.ts'
import type { CallEndpoint, CallSide } from '../ports/call-side.ts'
import type { BridgedCall, Side } from '../registry/call-driver.ts'
import { dialogNames } from '../registry/dialog-names.ts'
import { endsSubscription } from '../registry/refer-subscriptions.ts'
import { nextHopUri } from './next-hop.ts'
import { reasonsOf } from './reason-headers.ts'

/** What a leg tells its call. */
export interface LegOwner {
	readonly targetId: string
	onProgress(legId: number, status: number): void
	/** The caller sees one more early dialog, under this tag of ours; only asked of a call that shows each. */
	onForked?(callerTag: string): void
	onAnswered(legId: number): void
	onRejected(legId: number, response: SipResponse, unreachable: boolean): void
	/** `reasons`: Reason values of the BYE or CANCEL that ended it. */
	onEnded(legId: number, cause: string, by: Side | 'bridge', reasons: readonly string[]): void
	onReleased(legId: number): void
}

/** The server transaction of the INVITE that began the call, in the bridge's words. */
export const INVITE_TRANSACTION = 'invite'

export interface LegStart {
	readonly legId: number
	readonly deviceId: DeviceId
	/** Our tag towards the callee. */
	readonly localTag: string
	readonly callerSide: Side
	/** The side that is no device's. */
	readonly upstream: CallSide
	readonly invite: ServerTransaction
	readonly state: BridgeState
}

/** One bridge with its transactions: carries out what the pure machine asks for. */
export class LegDriver {
	readonly legId: number
	readonly deviceId: DeviceId
	readonly localTag: string
	readonly #deps: CallDeps
	readonly #owner: LegOwner
	/** Who called: a device calls out, a SIP server calls in. */
	readonly #callerSide: Side
	readonly #upstream: CallSide
	readonly #machine: MachineRunner<BridgeState, BridgeInput, BridgeEffect>
	readonly #clients = new Map<string, Promise<ClientTransaction | undefined>>()
	/** By which flow each request left. */
	readonly #flows = new Map<string, Flow>()
	readonly #servers = new Map<string, ServerTransaction>()
	#serversSeen = 0
	/** Who is to tell the outcome of a transfer that the other side asked for. */
	#telling: Leg | undefined

	constructor(deps: CallDeps, owner: LegOwner, leg: LegStart) {
		this.#deps = deps
		this.#owner = owner
		this.legId = leg.legId
		this.deviceId = leg.deviceId
		this.localTag = leg.localTag
		this.#callerSide = leg.callerSide
		this.#upstream = leg.upstream
		const driver = {
			clock: deps.clock,
			step: stepBridge,
			execute: (effect: BridgeEffect, input: BridgeInput | undefined) => this.#execute(effect, input),
			failed: (error: unknown) => deps.logger.error({ err: error, deviceId: leg.deviceId }, 'a step of a leg failed'),
		}
		this.#machine = new MachineRunner(driver, leg.state)
		this.#servers.set(INVITE_TRANSACTION, leg.invite)
	}

	/** Carries out the effects that came with the bridge's beginning. */
	begin(effects: readonly BridgeEffect[]): void {
		this.#machine.begin(effects)
	}

	/** The call is over on this leg, though its last requests may wait for their answers. */
	get over(): boolean {
		return this.#state.ended
	}

	input(input: BridgeInput): void {
		this.#machine.input(input)
	}

	get #state(): BridgeState {
		return this.#machine.state
	}

	/** A request inside the call, from either side. */
	request(side: Side, transaction: ServerTransaction): void {
		const leg = this.#legOf(side)
		const { request } = transaction
		if (this.over && this.#deps.subscriptions.take(request)) {
			transaction.respond(buildResponse(request, 200))
			return
		}
		if (leg === this.#telling && endsSubscription(request)) this.#telling = undefined
		const transactionId = `s${++this.#serversSeen}`
		this.#servers.set(transactionId, transaction)
		transaction.onCancel = (cancel) => this.input({ type: 'cancel', leg, transactionId, cancel })
		transaction.onEnd = () => this.#servers.delete(transactionId)
		this.input({ type: 'request', leg, transactionId, request: this.#renamed(side, transaction.request) })
	}

	/** The call as both sides know it. */
	bridged(): readonly BridgedCall[] {
		const { deviceId } = this
		const device = this.#legOf('device')
		const upstream = this.#legOf('upstream')
		return bridgedDialogs(this.#state).map((dialogs) => ({
			deviceId,
			device: dialogs[device],
			upstream: dialogs[upstream],
		}))
	}

	ack(side: Side, ack: SipRequest): void {
		this.input({ type: 'ack', leg: this.#legOf(side), ack })
	}

	/** A repeated or forked 2xx that no transaction knows any more. */
	strayResponse(side: Side, response: SipResponse): void {
		this.#heard(this.#legOf(side), undefined, response)
	}

	#execute(effect: BridgeEffect, input: BridgeInput | undefined): void {
		switch (effect.type) {
			case 'send-request':
				this.#clients.set(effect.transactionId, this.#send(effect))
				return
			case 'send-cancel':
				this.#cancel(effect)
				return
			case 'respond':
				this.#respond(effect)
				return
			case 'send-ack':
				this.#sendAck(effect)
				return
			case 'progress':
				this.#owner.onProgress(this.legId, effect.status)
				return
			case 'forked':
				this.#owner.onForked?.(effect.callerTag)
				return
			case 'answered':
				this.#owner.onAnswered(this.legId)
				return
			case 'rejected':
				this.#owner.onRejected(this.legId, effect.response, effect.cause !== 'response')
				return
			case 'challenged':
				this.#answerChallenge(effect)
				return
			case 'ended':
				this.#ended(effect, input)
				return
			// It is not stopped: a 2xx that is repeated still gets its ACK.
			case 'released':
				this.#owner.onReleased(this.legId)
		}
	}

	#respond({ leg, transactionId, response }: Extract<BridgeEffect, { type: 'respond' }>): void {
		const transaction = this.#servers.get(transactionId)
		const accepted = response.status >= 200 && response.status < 300
		if (accepted && transaction?.request.method === 'REFER') this.#telling = leg === 'caller' ? 'callee' : 'caller'
		transaction?.respond(response)
	}

	#ended({ cause, by }: Extract<BridgeEffect, { type: 'ended' }>, input: BridgeInput | undefined): void {
		this.#owner.onEnded(this.legId, cause, by === 'bridge' ? 'bridge' : this.#sideOf(by), reasonsIn(input))
		const telling = this.#telling && this.#state.legs[this.#telling].dialog
		if (telling) this.#deps.subscriptions.keep(telling)
	}

	async #send(effect: Extract<BridgeEffect, { type: 'send-request' }>): Promise<ClientTransaction | undefined> {
		const { leg, transactionId, request } = effect
		try {
			const side = this.#sideOf(leg)
			const flow = await this.#flowFor(side, request)
			this.#flows.set(transactionId, flow)
			const listener: ClientListener = {
				onResponse: (heard) => this.#heard(leg, transactionId, heard),
				onFailure: (cause) => this.input({ type: 'failed', leg, transactionId, cause }),
				onEnd: () => {
					this.#clients.delete(transactionId)
					this.#flows.delete(transactionId)
				},
			}
			return this.#endpoint(side).request(request, flow, listener, this.#sentBy(side, flow))
		} catch (error) {
			this.#deps.logger.info({ method: request.method, leg, error: String(error) }, 'request not sent')
			this.input({ type: 'failed', leg, transactionId, cause: 'transport' })
			return undefined
		}
	}

	#heard(leg: Leg, transactionId: string | undefined, heard: SipResponse): void {
		this.input({ type: 'response', leg, transactionId, response: this.#upstream.withoutSecrets(heard) })
	}

	#cancel(effect: Extract<BridgeEffect, { type: 'send-cancel' }>): void {
		void this.#clients.get(effect.transactionId)?.then((transaction) => transaction?.cancel(effect.headers))
	}

	#sendAck(effect: Extract<BridgeEffect, { type: 'send-ack' }>): void {
		const side = this.#sideOf(effect.leg)
		this.#flowFor(side, effect.ack)
			.then((flow) => this.#endpoint(side).sendAck(effect.ack, flow, this.#sentBy(side, flow)))
			// The peer repeats its 2xx until an ACK comes, and each repetition is acknowledged anew.
			.catch((error: unknown) => this.#deps.logger.info({ error: String(error) }, 'ACK not sent'))
	}

	#answerChallenge(effect: Extract<BridgeEffect, { type: 'challenged' }>): void {
		const { transactionId } = effect
		const flow = this.#flows.get(transactionId)
		const credentials = flow
			? this.#upstream.credentialsFor(effect.request, effect.response, flow)
			: Promise.resolve([])
		credentials
			.catch((error: unknown) => {
				this.#deps.logger.warn({ error: String(error) }, 'challenge within a call not answered')
				return []
			})
			.then((headers) => this.input({ type: 'credentials', transactionId, headers }))
	}

	/** With the names that the dialogs in it have on the other side. */
	#renamed(from: Side, request: SipRequest): SipRequest {
		const { targetId } = this.#owner
		const names = dialogNames(this.#deps.registry, { from, targetId, deviceId: this.deviceId })
		return renameDialogs(this.#upstream.withoutSecrets(request), names)
	}

	#sideOf(leg: Leg): Side {
		const otherSide = this.#callerSide === 'upstream' ? 'device' : 'upstream'
		return leg === 'caller' ? this.#callerSide : otherSide
	}

	#legOf(side: Side): Leg {
		return side === this.#callerSide ? 'caller' : 'callee'
	}

	#endpoint(side: Side): CallEndpoint {
		return side === 'upstream' ? this.#upstream.endpoint : this.#deps.devices.endpoint
	}

	#flowFor(side: Side, request: SipRequest): Promise<Flow> {
		if (side === 'device') return this.#deps.devices.flowTo(nextHopUri(request))
		const beginsDialog = tagOf(request.headers.get('To') ?? '') === undefined
		return beginsDialog ? this.#upstream.firstFlow() : this.#upstream.flowTo(nextHopUri(request))
	}

	/** Towards devices the endpoint has but one. */
	#sentBy(side: Side, flow: Flow): RequestOptions {
		return side === 'device' ? {} : { sentBy: this.#upstream.sentByFor(flow) }
	}
}

/** Reason values of the BYE or CANCEL that an input is. */
function reasonsIn(input: BridgeInput | undefined): readonly string[] {
	if (input?.type === 'request') return reasonsOf(input.request)
	return input?.type === 'cancel' ? reasonsOf(input.cancel) : []
}
