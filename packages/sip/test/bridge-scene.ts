import { startBridge, stepBridge } from '../src/bridge/bridge.ts'
import { createDeviceInvite } from '../src/bridge/device-invite.ts'
import type { BridgeEffect, BridgeInput, BridgeOptions, BridgeState, Leg } from '../src/bridge/types.ts'
import type { SipRequest, SipResponse } from '../src/message/message.ts'
import { bytes, request, response, withFields } from './messages.ts'
import { VirtualTime } from './virtual-time.ts'

type Fields = readonly (readonly [name: string, value: string])[]
type EffectOf<Type extends BridgeEffect['type']> = Extract<BridgeEffect, { type: Type }>

/** The driver's name for the server transaction of the INVITE that began the call. */
export const INVITE = 'upstream-invite'

/** The caller's INVITE of every scene. */
export function callersInvite(fields: Fields = []): SipRequest {
	return request(
		'INVITE',
		[
			['CSeq', '20 INVITE'],
			['Contact', '<sip:ann@192.0.2.1:5062>'],
			['Record-Route', '<sip:sbc.upstream.example;lr>'],
			['Content-Type', 'application/sdp'],
			...fields,
		],
		bytes('offer'),
	)
}

/** The INVITE that the bridge sends to the phone for it. */
export function phonesInvite(callerInvite: SipRequest): SipRequest {
	return createDeviceInvite({
		callerInvite,
		requestUri: 'sip:phone@edge.example;fid=1',
		routes: ['<sip:edge.example;lr>'],
		localTag: 'bridge',
		contact: '<sip:worker.example:5070>',
	})
}

/** A bridge between a caller and a phone, with a clock. Every input's effects are in `last`; all of them in `effects`. */
export class BridgeScene {
	readonly time = new VirtualTime()
	readonly effects: BridgeEffect[] = []
	last: readonly BridgeEffect[] = []
	state: BridgeState
	#armedForMs: number | undefined
	#disarm: () => void = () => {}
	#requests = 0
	readonly #cseq: Record<Leg, number> = { caller: 20, callee: 100 }

	constructor(options: Partial<BridgeOptions> = {}, callerInvite = callersInvite()) {
		const { state, effects } = startBridge(
			{
				callerInvite,
				callerTransactionId: INVITE,
				callerTag: 'ours',
				callerContact: '<sip:token@service.example>',
				calleeInvite: phonesInvite(callerInvite),
				options,
			},
			this.time.now,
		)
		this.state = state
		this.#take(effects)
	}

	input(input: BridgeInput): readonly BridgeEffect[] {
		const { state, effects } = stepBridge(this.state, input, this.time.now)
		this.state = state
		this.#take(effects)
		return effects
	}

	/** The phone answers the INVITE that began the call. */
	phone(status: number, fields: Fields = [], body = bytes('')): readonly BridgeEffect[] {
		return this.respond('b1', status, [['To', '<sip:bob@upstream.example>;tag=phone'], ...fields], body)
	}

	/** One of several ends that an INVITE was forked to answers it. */
	end(
		tag: string,
		status: number,
		fields: Fields = [],
		body = bytes(''),
		transactionId = 'b1',
	): readonly BridgeEffect[] {
		return this.respond(transactionId, status, [['To', `<sip:bob@upstream.example>;tag=${tag}`], ...fields], body)
	}

	/** A peer answers a request that the bridge sent. */
	respond(transactionId: string, status: number, fields: Fields = [], body = bytes('')): readonly BridgeEffect[] {
		const { leg, request: sent } = this.sent(transactionId)
		const contact: Fields = status < 300 ? [['Contact', this.contactOf(leg)]] : []
		const received = response(sent, status, [...contact, ...fields], body)
		return this.input({ type: 'response', leg, transactionId, response: received })
	}

	contactOf(leg: Leg): string {
		return leg === 'callee' ? '<sip:phone@198.51.100.5:7000>' : '<sip:ann@192.0.2.1:5062>'
	}

	/** A peer's request inside the call, with its next CSeq number; returns the driver's name for its transaction. */
	request(leg: Leg, method: string, fields: Fields = [], body = bytes('')): string {
		const transactionId = `${leg}-${++this.#requests}`
		this.input({ type: 'request', leg, transactionId, request: this.makeRequest(leg, method, fields, body) })
		return transactionId
	}

	/** `tag` names one of several early dialogs: by our tag for the caller, by its own for the phone. */
	makeRequest(leg: Leg, method: string, fields: Fields = [], body = bytes(''), tag?: string): SipRequest {
		const cseq = method === 'ACK' ? this.#cseq[leg] : ++this.#cseq[leg]
		const parties: Fields =
			leg === 'caller'
				? [['To', `<sip:bob@upstream.example>;tag=${tag ?? 'ours'}`]]
				: [
						['From', `<sip:bob@upstream.example>;tag=${tag ?? 'phone'}`],
						['To', '"Ann" <sip:ann@upstream.example>;tag=bridge'],
					]
		return request(method, [...parties, ['CSeq', `${cseq} ${method}`], ...fields], body)
	}

	/** The caller's (or phone's) ACK for the INVITE with that CSeq number. */
	ack(leg: Leg, cseq: number, body = bytes(''), tag?: string): readonly BridgeEffect[] {
		const ack = withFields(this.makeRequest(leg, 'ACK', [], body, tag), [['CSeq', `${cseq} ACK`]])
		return this.input({ type: 'ack', leg, ack })
	}

	/** Rings, answers and acknowledges. */
	talk(): this {
		this.phone(180)
		this.phone(200, [['Content-Type', 'application/sdp']], bytes('answer'))
		this.ack('caller', 20)
		return this
	}

	all<Type extends BridgeEffect['type']>(type: Type): EffectOf<Type>[] {
		return this.effects.filter((effect): effect is EffectOf<Type> => effect.type === type)
	}

	sent(transactionId: string): EffectOf<'send-request'> {
		const found = this.all('send-request').find((effect) => effect.transactionId === transactionId)
		if (!found) throw new Error(`nothing was sent as ${transactionId}`)
		return found
	}

	lastSent(leg: Leg): EffectOf<'send-request'> {
		const found = this.all('send-request').findLast((effect) => effect.leg === leg)
		if (!found) throw new Error(`nothing was sent to the ${leg} leg`)
		return found
	}

	/** Every response given to a request of a peer. */
	responses(transactionId: string): SipResponse[] {
		return this.all('respond')
			.filter((effect) => effect.transactionId === transactionId)
			.map((effect) => effect.response)
	}

	/** What was sent and said, in short: `callee<INVITE`, `caller<200 INVITE`, `ended bye caller`. */
	story(effects = this.last): string[] {
		return effects.flatMap((effect) => {
			switch (effect.type) {
				case 'send-request':
					return [`${effect.leg}<${effect.request.method}`]
				case 'send-cancel':
					return [`${effect.leg}<CANCEL`]
				case 'send-ack':
					return [`${effect.leg}<ACK`]
				case 'respond':
					return [`${effect.leg}<${effect.response.status}`]
				case 'ended':
					return [`ended ${effect.cause} ${effect.by}`]
				case 'rejected':
					return [`rejected ${effect.response.status} ${effect.cause}`]
				case 'progress':
					return [`progress ${effect.status}`]
				default:
					return [effect.type]
			}
		})
	}

	get runningTimers(): string[] {
		return Object.keys(this.state.runningTimers).sort()
	}

	#take(effects: readonly BridgeEffect[]): void {
		this.last = effects
		this.effects.push(...effects)
		this.#arm()
	}

	#arm(): void {
		const { dueAtMs } = this.state
		if (dueAtMs === this.#armedForMs) return
		this.#disarm()
		this.#armedForMs = dueAtMs
		if (dueAtMs !== undefined) this.#disarm = this.time.after(dueAtMs - this.time.now, () => this.#fire())
	}

	#fire(): void {
		this.#armedForMs = undefined
		this.input({ type: 'due' })
	}
}
