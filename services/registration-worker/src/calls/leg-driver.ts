import type { BridgedCall, Side } from '@vigil/call-control'
import { dialogNames, endsSubscription, reasonsOf } from '@vigil/call-control'
import type { AccountId, DeviceId } from '@vigil/domain'
import { MachineRunner } from '@vigil/runtime'
import {
	type BridgeEffect,
	type BridgeInput,
	type BridgeState,
	bridgedDialogs,
	buildResponse,
	type Leg,
	renameDialogs,
	type SipMessage,
	type SipRequest,
	type SipResponse,
	stepBridge,
} from '@vigil/sip'
import type { ClientListener, ClientTransaction, Flow, ServerTransaction, SipEndpoint } from '@vigil/sip-transport'
import type { CallDeps } from './call-deps.ts'

/** What a leg tells its call. */
export interface LegOwner {
	readonly accountId: AccountId
	onProgress(legId: number, status: number): void
	/** The caller sees one more early dialog, under this tag of ours; only asked of a call that shows each. */
	onForked?(callerTag: string): void
	onAnswered(legId: number): void
	onRejected(legId: number, response: SipResponse, unreachable: boolean): void
	/** `reasons`: Reason values of the BYE or CANCEL that ended it. */
	onEnded(legId: number, cause: string, by: Side | 'bridge', reasons: readonly string[]): void
	onReleased(legId: number): void
	/** Credentials for a challenge from upstream to a request that left by that flow; none for who is not to have them. */
	credentialsFor(request: SipRequest, response: SipResponse, flow: Flow): Promise<(readonly [string, string])[]>
	flowFor(side: Side, request: SipRequest): Promise<Flow>
	/** What may pass to the other side: the same without the token of the account's binding. */
	withoutBinding<Message extends SipMessage>(message: Message): Message
	/** Via sent-by of requests over the flow, where it is not the endpoint's own choice. */
	sentBy(side: Side, flow: Flow): { readonly sentBy?: string }
}

/** The server transaction of the INVITE that began the call, in the bridge's words. */
export const INVITE_TRANSACTION = 'invite'

export interface LegStart {
	readonly legId: number
	readonly deviceId: DeviceId
	/** Our tag towards the callee. */
	readonly localTag: string
	readonly callerSide: Side
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
			const flow = await this.#owner.flowFor(side, request)
			this.#flows.set(transactionId, flow)
			const listener: ClientListener = {
				onResponse: (heard) => this.#heard(leg, transactionId, heard),
				onFailure: (cause) => this.input({ type: 'failed', leg, transactionId, cause }),
				onEnd: () => {
					this.#clients.delete(transactionId)
					this.#flows.delete(transactionId)
				},
			}
			return this.#endpoint(side).request(request, flow, listener, this.#owner.sentBy(side, flow))
		} catch (error) {
			this.#deps.logger.info({ method: request.method, leg, error: String(error) }, 'request not sent')
			this.input({ type: 'failed', leg, transactionId, cause: 'transport' })
			return undefined
		}
	}

	#heard(leg: Leg, transactionId: string | undefined, heard: SipResponse): void {
		this.input({ type: 'response', leg, transactionId, response: this.#owner.withoutBinding(heard) })
	}

	#cancel(effect: Extract<BridgeEffect, { type: 'send-cancel' }>): void {
		void this.#clients.get(effect.transactionId)?.then((transaction) => transaction?.cancel(effect.headers))
	}

	#sendAck(effect: Extract<BridgeEffect, { type: 'send-ack' }>): void {
		const side = this.#sideOf(effect.leg)
		this.#owner
			.flowFor(side, effect.ack)
			.then((flow) => this.#endpoint(side).sendAck(effect.ack, flow, this.#owner.sentBy(side, flow)))
			// The peer repeats its 2xx until an ACK comes, and each repetition is acknowledged anew.
			.catch((error: unknown) => this.#deps.logger.info({ error: String(error) }, 'ACK not sent'))
	}

	#answerChallenge(effect: Extract<BridgeEffect, { type: 'challenged' }>): void {
		const { transactionId } = effect
		const flow = this.#flows.get(transactionId)
		const credentials = flow ? this.#owner.credentialsFor(effect.request, effect.response, flow) : Promise.resolve([])
		credentials
			.catch((error: unknown) => {
				this.#deps.logger.warn({ error: String(error) }, 'challenge within a call not answered')
				return []
			})
			.then((headers) => this.input({ type: 'credentials', transactionId, headers }))
	}

	/** With the names that the dialogs in it have on the other side. */
	#renamed(from: Side, request: SipRequest): SipRequest {
		const { accountId } = this.#owner
		const names = dialogNames(this.#deps.registry, { from, accountId, deviceId: this.deviceId })
		return renameDialogs(this.#owner.withoutBinding(request), names)
	}

	#sideOf(leg: Leg): Side {
		const otherSide = this.#callerSide === 'upstream' ? 'device' : 'upstream'
		return leg === 'caller' ? this.#callerSide : otherSide
	}

	#legOf(side: Side): Leg {
		return side === this.#callerSide ? 'caller' : 'callee'
	}

	#endpoint(side: Side): SipEndpoint {
		return side === 'upstream' ? this.#deps.upstreamEndpoint : this.#deps.edgeEndpoint
	}
}

/** Reason values of the BYE or CANCEL that an input is. */
function reasonsIn(input: BridgeInput | undefined): readonly string[] {
	if (input?.type === 'request') return reasonsOf(input.request)
	return input?.type === 'cancel' ? reasonsOf(input.cancel) : []
}
