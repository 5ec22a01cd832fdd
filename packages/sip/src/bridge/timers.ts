import { firstTimer } from '../running-timers.ts'
import { sendDeferredBye } from './byes.ts'
import { endCall } from './ending.ts'
import { closeCancelled } from './initial.ts'
import { acknowledgeForCaller } from './own-pracks.ts'
import { respondToOrigin } from './responses.ts'
import { repeat2xx, settle2xx } from './success-responses.ts'
import { initialExchange, otherLeg, putExchange, stopTimer, type Turn } from './turn.ts'
import type { Exchange } from './types.ts'

/** Every timer that is over by now, the earliest first. */
export function onDue(turn: Turn): void {
	for (let name = overTimer(turn); name !== undefined; name = overTimer(turn)) {
		stopTimer(turn, name)
		onTimer(turn, name)
	}
}

function overTimer({ state: { runningTimers }, nowMs }: Turn): string | undefined {
	const first = firstTimer(runningTimers)
	return first !== undefined && (runningTimers[first] as number) <= nowMs ? first : undefined
}

/** What a timer finds done already it leaves alone. */
function onTimer(turn: Turn, name: string): void {
	const [kind, id = ''] = name.split(':')
	if (kind === 'prack') onPrackTimeout(turn, id)
	const exchange = turn.state.exchanges[id]
	if (!exchange) return
	if (kind === 'repeat') repeat2xx(turn, exchange)
	else if (kind === 'ack') onAckTimeout(turn, exchange)
	else if (kind === 'cancel') onCancelTimeout(turn, exchange)
}

function onPrackTimeout(turn: Turn, callerTag: string): void {
	const initial = initialExchange(turn)
	if (initial?.phase === 'pending' && !turn.state.ended) acknowledgeForCaller(turn, callerTag, initial)
}

/** RFC 3261 13.3.1.4: a 2xx that stays without ACK for 64*T1 confirms the dialog, and the session is ended by BYE. */
function onAckTimeout(turn: Turn, exchange: Exchange): void {
	if (exchange.phase !== 'accepted') return
	settle2xx(turn, exchange)
	const silent = otherLeg(exchange.to)
	if (exchange.purpose === 'initial' && sendDeferredBye(turn, silent)) return
	endCall(turn, { cause: 'no-ack', by: silent })
}

/** 9.1: no final response in 64*T1 after the CANCEL. A phone that rang is just gone; in mid-call the peer is lost. */
function onCancelTimeout(turn: Turn, exchange: Exchange) {
	if (exchange.phase !== 'pending' || !exchange.cancelled) return
	if (exchange.purpose === 'initial') return closeCancelled(turn, exchange)
	respondToOrigin(turn, exchange, 487)
	putExchange(turn, { ...exchange, phase: 'abandoned' })
	endCall(turn, { cause: 'timeout', by: exchange.to })
}
