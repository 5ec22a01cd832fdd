import type { ResponseView } from '@vigil/sip'
import type { OnTheWay } from './on-the-way.ts'
import type { RegistrationCounters } from './registration-counters.ts'
import { retryAfterMs } from './retry-after.ts'

/**
 * What an answer says of the server, whatever it says of the account. The pause that the server has just begun to ask of
 * everybody, milliseconds; undefined where it asks for none.
 */
export function judgeAnswer(
	way: OnTheWay,
	response: ResponseView,
	counters: RegistrationCounters,
	nowMs: number,
): number | undefined {
	const { status } = response
	if (way.route) way.upstream?.answered(way.route.address)
	if (status < 300) counters.accepted++
	else if (status === 401 || status === 407) counters.challenged++
	else counters.failed.add(String(status), way.upstream?.name)
	if (status !== 503) {
		way.pace?.answered(nowMs - way.sentAtMs)
		return undefined
	}
	const pauseMs = retryAfterMs(response)
	if (pauseMs === undefined) way.pace?.late(nowMs)
	return pauseMs !== undefined && way.pace?.refused(nowMs, pauseMs) ? pauseMs : undefined
}
