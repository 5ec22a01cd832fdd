import type { HeaderPair } from '../message/build.ts'
import type { SipRequest } from '../message/message.ts'
import { transactionTimeout } from '../transaction/timer-values.ts'
import { cancelChallenged } from './challenges.ts'
import { endCall } from './ending.ts'
import { reasonHeaders } from './passing.ts'
import { allExchanges, otherLeg, putExchange, startTimer, type Turn } from './turn.ts'
import type { Exchange, Leg } from './types.ts'

/**
 * A CANCEL for an INVITE of that leg (RFC 3261 9.2). The INVITE that began the call is answered with 487 at once; for a re-INVITE
 * the other side decides, since its 2xx may be on the way. After a final response a CANCEL means nothing.
 */
export function onCancel(turn: Turn, leg: Leg, transactionId: string, cancel: SipRequest) {
	const exchange = allExchanges(turn).find(
		({ origin, to }) => to === otherLeg(leg) && origin?.transactionId === transactionId,
	)
	if (exchange?.sent.method !== 'INVITE' || exchange.cancelled) return
	const headers = reasonHeaders(cancel)
	if (exchange.phase !== 'pending' && exchange.phase !== 'challenged') return
	if (exchange.purpose === 'initial') return endCall(turn, { cause: 'cancelled', by: leg, headers, finalResponse: 487 })
	if (exchange.phase === 'challenged') return cancelChallenged(turn, exchange)
	cancelRelayed(turn, exchange, headers)
}

function cancelRelayed(turn: Turn, exchange: Exchange, headers: readonly HeaderPair[]): void {
	putExchange(turn, { ...exchange, cancelled: true })
	turn.effects.push({ type: 'send-cancel', leg: exchange.to, transactionId: exchange.id, headers })
	startTimer(turn, `cancel:${exchange.id}`, transactionTimeout(turn.state.options.timers))
}
