import { expect } from 'vitest'
import type { BridgeEffect, EndCause, Leg } from '../src/bridge/types.ts'
import { parseCSeq } from '../src/message/cseq.ts'
import type { SipRequest, SipResponse } from '../src/message/message.ts'
import { INVITE } from './bridge-scene.ts'

/** A request of the bridge that a peer has not answered finally yet. */
export interface Unanswered {
	readonly id: string
	readonly leg: Leg
	readonly request: SipRequest
	cancelled: boolean
}

/** A request of a peer, and what it was answered with. */
export interface Asked {
	readonly id: string
	readonly leg: Leg
	readonly method: string
	readonly cseq: number
	final: SipResponse | undefined
	acked: boolean
}

/**
 * What the two peers of a bridge know, kept from the messages that go between them and the bridge, and checked against each
 * other: nothing here looks into the bridge's state.
 */
export class BridgeModel {
	readonly unanswered = new Map<string, Unanswered>()
	readonly asked = new Map<string, Asked>()
	/** INVITEs of the bridge that a peer answered with a 2xx. */
	readonly accepted: Unanswered[] = []
	/** Legs whose peer has no call any more, for whatever reason. */
	readonly over = new Set<Leg>()
	/** Those of them that got their ACK. */
	readonly acknowledged = new Set<string>()
	/** Challenged requests that wait for credentials. */
	readonly challenged: string[] = []
	/** The phone has answered the INVITE provisionally at least, so it has a dialog. */
	phoneShown = false
	/** The INVITE that began the call; another one once it was repeated with credentials (RFC 3261 22.2). */
	initial = 'b1'
	ended = 0
	released = 0
	/** Whose business the final answer to the caller's INVITE is when the bridge ends before it. */
	readonly #rejections: 'relay' | 'report'
	readonly #lastCseq: Record<Leg, number> = { caller: 0, callee: 20 }
	#initialChallenged = false
	#seen = 0

	constructor(rejections: 'relay' | 'report') {
		this.#rejections = rejections
		this.ask(INVITE, 'caller', 'INVITE', 20)
	}

	/** A peer sends a request. */
	ask(id: string, leg: Leg, method: string, cseq: number): void {
		this.asked.set(id, { id, leg, method, cseq, final: undefined, acked: false })
		if (method === 'BYE') this.over.add(leg)
	}

	/** The INVITE of that peer whose 2xx still wants an ACK. */
	unacknowledged(leg: Leg): Asked | undefined {
		return [...this.asked.values()].find(
			(asked) =>
				asked.leg === leg && asked.method === 'INVITE' && asked.final && !asked.acked && asked.final.status < 300,
		)
	}

	/** The INVITEs of that peer that have no final answer. */
	openInvites(leg: Leg): Asked[] {
		return [...this.asked.values()].filter((asked) => asked.leg === leg && asked.method === 'INVITE' && !asked.final)
	}

	/** A peer answers finally, or never will. */
	settle(id: string, status: number | 'timeout' | 'transport'): void {
		const request = this.unanswered.get(id)
		if (!request) return
		this.unanswered.delete(id)
		const { method } = request.request
		const success = typeof status === 'number' && status < 300
		// A 2xx to an INVITE that the bridge has given up is for `discardResponse`.
		const late = id === this.initial && this.released > 0
		if (method === 'INVITE' && success && !late) this.accepted.push(request)
		if (isFork(request.request)) return
		if (method === 'BYE' || (id === this.initial && (late || !success))) this.over.add(request.leg)
		if (status === 481 && !['NOTIFY', 'SUBSCRIBE', 'PRACK'].includes(method)) this.over.add(request.leg)
	}

	/** Takes note of what the bridge has done since the last time, and checks it. */
	observe(effects: readonly BridgeEffect[]): void {
		for (; this.#seen < effects.length; this.#seen++) this.#observeOne(effects[this.#seen] as BridgeEffect)
	}

	#observeOne(effect: BridgeEffect): void {
		expect(this.released === 0 || effect.type === 'respond' || effect.type === 'send-ack').toBe(true)
		if (effect.type === 'send-request') this.#onRequest(effect.transactionId, effect.leg, effect.request)
		else if (effect.type === 'respond') this.#onResponse(effect.transactionId, effect.leg, effect.response)
		else if (effect.type === 'send-ack') this.#onAck(effect.leg, effect.ack)
		else if (effect.type === 'send-cancel') this.#onCancel(effect.transactionId)
		else if (effect.type === 'challenged') this.#onChallenged(effect.transactionId)
		else if (effect.type === 'ended') this.#onEnded(effect.cause)
		else if (effect.type === 'released') this.released++
	}

	/** Every request is a new transaction, and the numbers of a dialog rise (RFC 3261 12.2.1.1). */
	#onRequest(id: string, leg: Leg, request: SipRequest): void {
		expect(this.unanswered.has(id)).toBe(false)
		this.unanswered.set(id, { id, leg, request, cancelled: false })
		if (id === this.initial || isFork(request)) return
		if (request.method === 'INVITE' && leg === 'callee' && this.#initialChallenged) this.#repeatInitial(id)
		const number = cseqOf(request)
		expect(number).toBeGreaterThan(this.#lastCseq[leg])
		this.#lastCseq[leg] = number
	}

	/** A request is answered finally once; only a 2xx to INVITE is repeated, and only until its ACK. */
	#onResponse(id: string, leg: Leg, response: SipResponse): void {
		const asked = this.asked.get(id)
		expect(asked).toMatchObject({ leg })
		if (!asked) return
		if (asked.final) {
			expect(asked.method).toBe('INVITE')
			expect(asked.acked).toBe(false)
			expect(response).toBe(asked.final)
			return
		}
		if (response.status < 200) return
		asked.final = response
		if (id === INVITE && response.status >= 300) this.over.add('caller')
	}

	/** An ACK answers a 2xx that was received. */
	#onAck(leg: Leg, ack: SipRequest): void {
		const number = cseqOf(ack)
		const answered = this.accepted.some((invite) => invite.leg === leg && cseqOf(invite.request) === number)
		expect(answered).toBe(true)
		for (const invite of this.accepted) {
			if (invite.leg === leg && cseqOf(invite.request) === number) this.acknowledged.add(invite.id)
		}
	}

	#onCancel(id: string): void {
		const request = this.unanswered.get(id)
		expect(request).toMatchObject({ cancelled: false, request: { method: 'INVITE' } })
		if (request) request.cancelled = true
	}

	#onChallenged(id: string): void {
		expect(this.unanswered.has(id)).toBe(false)
		if (id === this.initial) this.#initialChallenged = true
		this.challenged.push(id)
	}

	/** What the challenge had ended begins anew. */
	#repeatInitial(id: string): void {
		this.#initialChallenged = false
		this.initial = id
		this.over.delete('callee')
	}

	#onEnded(cause: EndCause): void {
		this.ended++
		const invite = this.asked.get(INVITE)
		if (invite?.final) return
		expect(this.#rejections === 'report' || cause === 'withdrawn').toBe(true)
		this.over.add('caller')
		this.asked.delete(INVITE)
	}

	/** When nothing is left to happen: one final answer for everything, and both legs share one fate. */
	checkAtRest(): void {
		for (const asked of this.asked.values()) {
			expect(asked.final, `${asked.method} of the ${asked.leg} leg has no final response`).toBeDefined()
		}
		for (const { id } of this.accepted) expect(this.acknowledged, `2xx to ${id} has no ACK`).toContain(id)
		expect([...this.over].sort()).toEqual(this.ended ? ['callee', 'caller'] : [])
		expect(this.ended).toBeLessThanOrEqual(1)
		expect(this.released).toBe(this.ended)
	}
}

function cseqOf(request: SipRequest): number {
	return parseCSeq(request.headers.get('CSeq') ?? '')?.number ?? -1
}

/** Requests to a second phone that answered the same INVITE: they are of a dialog of their own. */
function isFork(request: SipRequest): boolean {
	return request.headers.get('To')?.endsWith('tag=fork') ?? false
}
