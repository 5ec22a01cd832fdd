import { expect } from 'vitest'
import { tagOf } from '../src/address/name-addr.ts'
import type { BridgeEffect, Leg } from '../src/bridge/types.ts'
import { parseCSeq } from '../src/message/cseq.ts'
import type { SipRequest, SipResponse } from '../src/message/message.ts'
import { BridgeScene, INVITE } from './bridge-scene.ts'
import type { ForkEvent } from './fork-events.ts'
import { bytes, request } from './messages.ts'

interface Pending {
	readonly leg: Leg
	readonly request: SipRequest
}

/**
 * A caller, a bridge and the ends that its INVITE was forked to. Everything that goes between them is checked as it goes: an early
 * dialog is of one end for ever, what is said in it reaches that end alone, and its numbers rise.
 */
export class ForkedCall {
	readonly scene: BridgeScene
	/** The tags of ours that the caller has seen, and whose they are. */
	readonly #seen = new Map<string, string>()
	readonly #pending = new Map<string, Pending>()
	readonly #asked = new Map<string, number>()
	readonly #numbers = new Map<string, number>()
	readonly #rseqs = new Map<string, number>()
	/** Ends that answered while the bridge was there, those of them that were acknowledged, and those that got a BYE. */
	readonly #answers = new Set<string>()
	readonly #acked = new Set<string>()
	readonly #ended = new Set<string>()
	#winner: string | undefined
	#final: number | undefined
	#acknowledged = false
	#initialOpen = true
	#released = 0
	#cancelledAt = Number.POSITIVE_INFINITY
	#checked = 0
	/** Whose message is on its way. */
	#speaker: string | undefined

	constructor(rejections: 'relay' | 'report') {
		this.scene = new BridgeScene({ earlyDialogs: 'each', rejections })
		this.#check()
	}

	happen(event: ForkEvent): void {
		this.#speaker = undefined
		this.#carryOut(event)
		this.#check()
	}

	/** All that is open is answered, and time goes on, until nothing happens any more. */
	comeToRest(): void {
		for (let round = 0; round < 200; round++) {
			if (this.#pending.size > 0) this.happen({ kind: 'reply', pick: 0, status: 200 })
			else if (this.#initialOpen) this.happen({ kind: 'refuse' })
			else if (this.#winner !== undefined && !this.#acknowledged) this.happen({ kind: 'ack' })
			else if (this.scene.runningTimers.length > 0) this.happen({ kind: 'time', ms: 33_000 })
			else return
		}
		throw new Error('the forked call never comes to rest')
	}

	checkAtRest(rejections: 'relay' | 'report'): void {
		for (const [id, finals] of this.#asked) expect(finals, `final responses to ${id}`).toBe(1)
		for (const answered of this.#answers) {
			expect([...this.#acked]).toContain(answered)
			if (this.#seen.get(this.#winner ?? '') !== answered) expect([...this.#ended]).toContain(answered)
		}
		const over = this.scene.all('ended').length
		expect(this.#released).toBe(over)
		if (this.#final === undefined) expect([rejections, over]).toEqual(['report', 1])
	}

	#carryOut(event: ForkEvent) {
		switch (event.kind) {
			case 'ring':
				return this.#ring(event.end, event.status, event.reliable)
			case 'answer':
				return this.#answer(event.end)
			case 'ask':
				return this.#ask(event.pick, event.method)
			case 'ask-back':
				return this.#askBack(event.pick, event.method)
			case 'reply':
				return this.#reply(event.pick, event.status)
			case 'silence':
				return this.#fall(event.pick)
			case 'time':
				return this.scene.time.advance(event.ms)
			default:
				return this.#conclude(event.kind)
		}
	}

	#ring(tag: string, status: number, reliable: boolean): void {
		if (!this.#initialOpen) return
		this.#speaker = tag
		const rseq = (this.#rseqs.get(tag) ?? 0) + 1
		if (reliable) this.#rseqs.set(tag, rseq)
		const fields = [['Require', '100rel'] as const, ['RSeq', String(rseq)] as const]
		this.scene.end(tag, status, reliable ? fields : [])
	}

	#answer(tag: string): void {
		const inTime = this.#initialOpen
		if (!inTime && this.#answers.size === 0) return
		// RFC 3261 9.1: an INVITE is past being answered 64*T1 after its CANCEL.
		if (this.#released > 0 || this.scene.time.now - this.#cancelledAt >= 32_000) return
		this.#initialOpen = false
		this.#speaker = tag
		this.#answers.add(tag)
		this.scene.end(tag, 200, [], bytes('session'))
	}

	/** The caller says something in a dialog that it knows. */
	#ask(index: number, method: string): void {
		const [tag, of] = pickFrom([...this.#seen], index) ?? []
		if (tag === undefined || of === undefined) return
		this.#speaker = of
		const rack = [['RAck', `${this.#rseqs.get(of) ?? 1} 20 INVITE`] as const]
		const made = this.scene.makeRequest('caller', method, method === 'PRACK' ? rack : [], bytes(''), tag)
		this.#input('caller', method, made)
	}

	#askBack(index: number, method: string): void {
		const tag = pickFrom([...new Set(this.#seen.values())], index)
		if (tag === undefined || method === 'PRACK') return
		this.#speaker = tag
		this.#input('callee', method, this.scene.makeRequest('callee', method, [], bytes(''), tag))
	}

	#input(leg: Leg, method: string, made: SipRequest): void {
		const transactionId = `${leg} ${method} ${this.#asked.size}`
		this.#asked.set(transactionId, 0)
		this.scene.input({ type: 'request', leg, transactionId, request: made })
	}

	#reply(index: number, status: number): void {
		const [id] = pickFrom([...this.#pending], index) ?? []
		if (id === undefined) return
		this.#pending.delete(id)
		this.scene.respond(id, status)
	}

	#fall(index: number): void {
		const [id, found] = pickFrom([...this.#pending], index) ?? []
		if (id === undefined || !found) return
		this.#pending.delete(id)
		this.scene.input({ type: 'failed', leg: found.leg, transactionId: id, cause: 'timeout' })
	}

	#conclude(how: 'refuse' | 'cancel' | 'hang-up' | 'ack'): void {
		if (how === 'hang-up') this.scene.input({ type: 'hang-up' })
		else if (how === 'cancel') {
			if (this.#final === undefined)
				this.scene.input({ type: 'cancel', leg: 'caller', transactionId: INVITE, cancel: request('CANCEL') })
		} else if (how === 'ack') this.#acknowledge()
		else if (this.#initialOpen) {
			this.#initialOpen = false
			this.scene.end('e1', 487)
		}
	}

	#acknowledge(): void {
		if (this.#winner === undefined || this.#acknowledged) return
		this.#acknowledged = true
		this.scene.ack('caller', 20, bytes(''), this.#winner)
	}

	#check(): void {
		for (; this.#checked < this.scene.effects.length; this.#checked++) {
			this.#checkOne(this.scene.effects[this.#checked] as BridgeEffect)
		}
	}

	#checkOne(effect: BridgeEffect): void {
		if (effect.type === 'send-request') this.#onRequest(effect.transactionId, effect.leg, effect.request)
		else if (effect.type === 'send-ack') this.#onAck(effect.ack)
		else if (effect.type === 'released') this.#released++
		else if (effect.type === 'send-cancel') this.#cancelledAt = this.scene.time.now
		else if (effect.type !== 'respond') return
		else if (effect.transactionId === INVITE) this.#onSuccess(effect.response)
		else if (effect.response.status >= 200) {
			this.#asked.set(effect.transactionId, (this.#asked.get(effect.transactionId) ?? 0) + 1)
		}
	}

	#onSuccess(response: SipResponse): void {
		const tag = tagIn(response, 'To')
		if (response.status >= 200) {
			this.#final ??= response.status
			expect(response.status).toBe(this.#final)
		}
		if (response.status >= 300) return
		if (this.#speaker !== undefined) this.#see(tag, this.#speaker)
		if (response.status < 200) return
		this.#winner ??= tag
		expect(tag).toBe(this.#winner)
	}

	/** A tag is one end's, and an end has one tag. */
	#see(tag: string, of: string): void {
		expect(this.#seen.get(tag) ?? of).toBe(of)
		for (const [other, owner] of this.#seen) if (owner === of) expect(other).toBe(tag)
		this.#seen.set(tag, of)
	}

	#onRequest(id: string, leg: Leg, sent: SipRequest): void {
		if (sent.method === 'INVITE') return
		this.#pending.set(id, { leg, request: sent })
		const [from, to] = [tagIn(sent, 'From'), tagIn(sent, 'To')]
		const dialog = `${from} ${to}`
		expect(cseqOf(sent)).toBeGreaterThan(this.#numbers.get(dialog) ?? 0)
		this.#numbers.set(dialog, cseqOf(sent))
		const reached = leg === 'callee' ? to : (this.#seen.get(from) ?? '')
		if (sent.method === 'BYE') this.#ended.add(to)
		else if (this.#speaker !== undefined) expect(reached).toBe(this.#speaker)
		if (sent.method !== 'PRACK') return
		const rseq = Number(sent.headers.get('RAck')?.split(' ')[0])
		expect(rseq).toBeLessThanOrEqual(this.#rseqs.get(reached) ?? 1)
	}

	#onAck(ack: SipRequest): void {
		expect([...this.#answers]).toContain(tagIn(ack, 'To'))
		this.#acked.add(tagIn(ack, 'To'))
	}
}

function pickFrom<T>(items: readonly T[], index: number): T | undefined {
	return items[index % items.length]
}

function tagIn({ headers }: SipRequest | SipResponse, party: 'From' | 'To'): string {
	return tagOf(headers.get(party) ?? '') ?? ''
}

function cseqOf({ headers }: SipRequest): number {
	return parseCSeq(headers.get('CSeq') ?? '')?.number ?? -1
}
