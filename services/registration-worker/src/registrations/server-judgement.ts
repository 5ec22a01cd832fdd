import type { Logger } from '@vigil/runtime'
import type { ResponseView } from '@vigil/sip'
import type { OnTheWay } from './on-the-way.ts'
import type { RegistrationCounters } from './registration-counters.ts'
import { retryAfterMs } from './retry-after.ts'

/** What an answer says of the server, whatever it says of the account: it is well, slow, or asks everybody to wait. */
export function judgeAnswer(
	way: OnTheWay,
	response: ResponseView,
	counters: RegistrationCounters,
	nowMs: number,
	logger: Logger,
): void {
	const { status } = response
	if (way.route) {
		way.upstream?.heard(way.route)
		way.upstream?.answered(way.route.address, nowMs)
	}
	if (status < 300) counters.accepted++
	else if (status === 401 || status === 407) counters.challenged++
	else counters.failed.add(String(status), way.upstream?.name)
	if (status !== 503) {
		way.pace?.answered(nowMs - way.sentAtMs)
		return
	}
	const pauseMs = retryAfterMs(response)
	if (pauseMs === undefined) way.pace?.late(nowMs)
	else if (way.pace?.refused(nowMs, pauseMs)) {
		logger.warn({ upstream: way.upstream?.name, pauseMs }, 'a SIP server asks everybody to wait')
	}
}
