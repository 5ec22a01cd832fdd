import { parseDecimal } from '../message/grammar.ts'
import { canonicalHeaderName } from '../message/header-names.ts'
import type { SipRequest, SipResponse } from '../message/message.ts'
import { focus, forkInFocus, liveForks, prackTimer, stopWaiting } from './forks.ts'
import { dialogRequest, refuse } from './relaying.ts'
import { isReliable } from './responses.ts'
import { cseqNumber, sendExchange, startTimer, type Turn } from './turn.ts'
import type { Exchange } from './types.ts'

/**
 * A caller acknowledges reliable provisional responses itself (RFC 3262 4). But one who is at a loss with several early dialogs, as many
 * phones are, acknowledges those of one end or sends its PRACK to the wrong one, and the other end gives up after 64*T1. So where there are
 * several, a response that stays without PRACK for 4*T1 gets one from the bridge, unless its body is an offer that only the caller can
 * answer.
 */
const PATIENCE_IN_T1 = 4

/** True for a reliable response that the bridge has acknowledged in the caller's place. */
export function isAcknowledged(turn: Turn, response: SipResponse): boolean {
	const { reliable } = turn.state
	return reliable?.phase === 'ours' && isReliable(response) && numberOf(response) <= reliable.rseq
}

/** A reliable response has been passed to the caller: its PRACK is waited for. */
export function awaitPrack(turn: Turn, exchange: Exchange, response: SipResponse): void {
	if (turn.state.options.earlyDialogs === 'one') return
	const rseq = numberOf(response)
	if (isReliable(response) && rseq > (turn.state.reliable?.rseq ?? 0)) {
		const isOffer = exchange.sent.body.length === 0 && response.body.length > 0
		turn.state = { ...turn.state, reliable: { rseq, phase: 'awaited', isOffer, response } }
		if (liveForks(turn).length > 1) startPatience(turn)
	}
}

/** The caller sees a second early dialog: from now on the first one's responses are waited for only so long. */
export function beginPatience(turn: Turn): void {
	const [, ...others] = liveForks(turn)
	if (others.length !== 1) return
	for (const fork of others) if (fork.reliable?.phase === 'awaited') startTimer(turn, prackTimer(fork), patience(turn))
}

function startPatience(turn: Turn): void {
	startTimer(turn, prackTimer(forkInFocus(turn)), patience(turn))
}

function patience(turn: Turn): number {
	return PATIENCE_IN_T1 * turn.state.options.timers.t1
}

/** The caller's PRACK: true when it came too late and has been answered here. */
export function takePrack(turn: Turn, transactionId: string, prack: SipRequest): boolean {
	const { reliable, rseqShift = 0 } = turn.state
	const [number = ''] = (prack.headers.get('RAck') ?? '').split(/[ \t]+/)
	const rseq = parseDecimal(number, Number.MAX_SAFE_INTEGER)
	if (!reliable || prack.method !== 'PRACK' || rseq !== reliable.rseq + rseqShift) return false
	if (reliable.phase === 'ours') {
		// An offer in it reaches nobody any more (RFC 3262 3: no unacknowledged response matches).
		refuse(turn, 'caller', transactionId, prack, prack.body.length > 0 ? 481 : 200)
		return true
	}
	stopWaiting(turn, forkInFocus(turn))
	turn.state = { ...turn.state, reliable: { ...reliable, phase: 'acknowledged' } }
	return false
}

/** Its time is up. */
export function acknowledgeForCaller(turn: Turn, callerTag: string, initial: Exchange): void {
	if (liveForks(turn).length < 2 || !focus(turn, ({ caller }) => caller?.localTag === callerTag)) return
	const { reliable } = turn.state
	if (reliable?.phase !== 'awaited' || reliable.isOffer) return
	turn.state = { ...turn.state, reliable: { ...reliable, phase: 'ours' } }
	const rack = `${reliable.rseq} ${cseqNumber(initial.sent)} INVITE`
	const sent = dialogRequest(turn, 'callee', 'PRACK', { headers: [['RAck', rack]] })
	sendExchange(turn, { purpose: 'prack', to: 'callee', sent, origin: undefined })
}

/**
 * The 2xx with the session description that its end gave in a reliable response: who has had a PRACK for that need not say it again
 * (RFC 3262 5), but the caller may not have taken it.
 */
export function withSession(turn: Turn, response: SipResponse): SipResponse {
	const { reliable } = turn.state
	if (reliable?.phase !== 'ours' || response.body.length > 0 || reliable.response.body.length === 0) return response
	const headers = response.headers.clone()
	for (const { name, value } of reliable.response.headers) {
		const canonical = canonicalHeaderName(name)
		if (canonical.startsWith('content-') && canonical !== 'content-length') headers.set(name, value)
	}
	return { ...response, headers, body: reliable.response.body }
}

function numberOf(response: SipResponse): number {
	return parseDecimal(response.headers.get('RSeq') ?? '', Number.MAX_SAFE_INTEGER) ?? 0
}
