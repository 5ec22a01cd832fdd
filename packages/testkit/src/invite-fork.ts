import {
	ackForRejection,
	buildCancel,
	type HeaderPair,
	removeTopVia,
	type SipRequest,
	type SipResponse,
} from '@vigil/sip'
import type { WirePeer } from './sip-wire.ts'

/** RFC 3261 17.1.1.2: an unanswered INVITE is sent again after T1, doubling, and given up after 64 T1. */
const T1_MS = 500
const GIVE_UP_MS = 64 * T1_MS

const ANSWERED_ELSEWHERE: HeaderPair = ['Reason', 'SIP;cause=200;text="Call completed elsewhere"']

/** One of the ways in which an INVITE was sent on. */
export interface ForkBranch {
	/** As sent, with the proxy's Via on top. */
	readonly request: SipRequest
	readonly to: WirePeer
	/** Statuses received, in order. */
	readonly statuses: number[]
}

interface Branch extends ForkBranch {
	final: SipResponse | undefined
	isCancelled: boolean
	timer: NodeJS.Timeout | undefined
}

export interface ForkHooks {
	/** Sends to the next hop. */
	readonly forward: (request: SipRequest, to: WirePeer) => void
	/** Sends a response, its topmost Via already removed, to the caller. */
	readonly reply: (response: SipResponse) => void
	/** Makes a response of the proxy's own. */
	readonly own: (status: number) => SipResponse
	/** How long it may ring, milliseconds. */
	readonly noAnswerMs: number
}

/** An INVITE on its way to several contacts at once (RFC 3261 16.7): the first 2xx wins, otherwise the best refusal. */
export class InviteFork {
	readonly #hooks: ForkHooks
	readonly #branches: Branch[]
	#isAnswered = false
	/** Header fields for CANCELs; undefined while there is nothing to cancel. */
	#cancelHeaders: readonly HeaderPair[] | undefined
	/** What the caller was told last, for a repeated INVITE. */
	lastReply: SipResponse | undefined

	constructor(branches: readonly Pick<ForkBranch, 'request' | 'to'>[], hooks: ForkHooks) {
		this.#hooks = hooks
		this.#branches = branches.map(({ request, to }) => ({
			request,
			to,
			statuses: [],
			final: undefined,
			isCancelled: false,
			timer: undefined,
		}))
	}

	get branches(): readonly ForkBranch[] {
		return this.#branches
	}

	/** True when the caller has its final response. */
	get isFinished(): boolean {
		return this.#isAnswered || (this.lastReply?.status ?? 100) >= 200
	}

	start(): void {
		for (const branch of this.#branches) this.#send(branch, T1_MS, 0)
		setTimeout(() => this.#giveUp(), this.#hooks.noAnswerMs).unref()
	}

	/** The caller gave up; its Reason goes along. */
	cancel(reason: readonly HeaderPair[]): void {
		this.#cancelAll(reason)
	}

	/** A response that carries the Via of the branch on top. */
	receive(branch: ForkBranch, response: SipResponse): void {
		const own = this.#branches.find((candidate) => candidate === branch)
		if (!own) return
		clearTimeout(own.timer)
		own.statuses.push(response.status)
		if (response.status < 200) this.#onProvisional(own, response)
		else if (response.status < 300) this.#onFinal(own, response)
		else this.#onRefusal(own, response)
	}

	#onProvisional(branch: Branch, response: SipResponse): void {
		// 9.1: a CANCEL waits for the first provisional response.
		if (this.#cancelHeaders) this.#cancelBranch(branch, this.#cancelHeaders)
		if (response.status > 100 && !this.isFinished) this.#reply(response)
	}

	#onFinal(branch: Branch, response: SipResponse): void {
		branch.final ??= response
		this.#isAnswered = true
		// Every 2xx goes up, retransmissions too (16.7 step 5): the caller's own ACK ends them.
		this.#reply(response)
		this.#cancelAll([ANSWERED_ELSEWHERE])
	}

	#onRefusal(branch: Branch, response: SipResponse): void {
		this.#hooks.forward(ackForRejection(branch.request, response), branch.to)
		if (branch.final) return
		this.#end(branch, response)
		if (response.status >= 600) this.#cancelAll([])
	}

	#end(branch: Branch, final: SipResponse): void {
		branch.final = final
		const finals = this.#branches.map((other) => other.final)
		if (this.isFinished || finals.includes(undefined)) return
		const best = finals.reduce((a, b) => (a && b && rank(b.status) < rank(a.status) ? b : a))
		if (best) this.#reply(best)
	}

	#reply(response: SipResponse): void {
		const reply = { ...response, headers: response.headers.clone() }
		removeTopVia(reply.headers)
		this.lastReply = reply
		this.#hooks.reply(reply)
	}

	#send(branch: Branch, intervalMs: number, elapsedMs: number): void {
		if (elapsedMs >= GIVE_UP_MS) {
			this.#timeOut(branch)
			return
		}
		if (elapsedMs === 0 || branch.to.transport === 'udp') this.#hooks.forward(branch.request, branch.to)
		branch.timer = setTimeout(() => this.#send(branch, intervalMs * 2, elapsedMs + intervalMs), intervalMs).unref()
	}

	/** Timer C (RFC 3261 16.8): it rang and nobody answered. The caller hears so at once, the phones are stopped. */
	#giveUp(): void {
		if (this.isFinished) return
		this.lastReply = this.#hooks.own(480)
		this.#hooks.reply(this.lastReply)
		this.#cancelAll([])
	}

	/** Nobody is there: as if a 480 had come, with our Via for `#reply` to remove. */
	#timeOut(branch: Branch): void {
		const timeout = this.#hooks.own(480)
		timeout.headers.prepend('Via', branch.request.headers.get('Via') ?? '')
		this.#end(branch, timeout)
	}

	#cancelAll(headers: readonly HeaderPair[]): void {
		this.#cancelHeaders ??= headers
		for (const branch of this.#branches) this.#cancelBranch(branch, this.#cancelHeaders)
	}

	#cancelBranch(branch: Branch, headers: readonly HeaderPair[]): void {
		if (branch.final || branch.isCancelled || branch.statuses.length === 0) return
		branch.isCancelled = true
		this.#hooks.forward(buildCancel(branch.request, headers), branch.to)
	}
}

/** 16.7 step 6: a 6xx comes first, then the lowest class; within 4xx those that let the caller do better. */
function rank(status: number): number {
	if (status >= 600) return 0
	if ([401, 407, 415, 420, 484].includes(status)) return 400
	return status + 1
}
