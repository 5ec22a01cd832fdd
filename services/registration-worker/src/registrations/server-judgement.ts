import type { RegistrationInput } from '@vigil/domain'
import type { Logger } from '@vigil/runtime'
import type { ResponseView } from '@vigil/sip'
import type { InFlightRegister } from './in-flight-registers.ts'
import type { RegistrationCounters } from './registration-counters.ts'
import { retryAfterMs } from './retry-after.ts'

export type FailedInput = Extract<RegistrationInput, { type: 'failed' }>

/** What an answer says of the server, whatever it says of the account: it is well, slow, or asks everybody to wait. */
export function judgeResponse(
	turn: InFlightRegister,
	response: ResponseView,
	counters: RegistrationCounters,
	nowMs: number,
	logger: Logger,
): void {
	const { status } = response
	if (turn.path) {
		turn.upstream?.heard(turn.path)
		turn.upstream?.responded(turn.path.address, nowMs)
	}
	if (status < 300) counters.accepted++
	else if (status === 401 || status === 407) counters.challenged++
	else counters.failed.add(String(status), turn.upstream?.name)
	if (status !== 503) {
		turn.pace?.responded(nowMs - turn.sentAtMs)
		return
	}
	const pauseMs = retryAfterMs(response)
	if (pauseMs === undefined) turn.pace?.late(nowMs)
	else if (turn.pace?.refused(nowMs, pauseMs)) {
		logger.warn({ upstream: turn.upstream?.name, pauseMs }, 'a SIP server asks everybody to wait')
	}
}

/** The same of an answer that will not come, after so many failures in a row; returns what it means for the account. */
export function judgeFailure(
	{ path, upstream, pace }: InFlightRegister,
	cause: 'timeout' | 'transport',
	failures: number,
	nowMs: number,
): 'timeout' | 'transport' | 'flow-lost' {
	if (cause === 'timeout') pace?.late(nowMs)
	// That a connection ended says little of the server; that no other can be had would.
	const lost = cause === 'transport' && path?.flow.closed === true && failures === 0
	if (path && cause === 'timeout') upstream?.silent(path.address)
	else if (path && !lost) upstream?.unreachable(path.address)
	return lost ? 'flow-lost' : cause
}

/** What the account is told of a REGISTER that failed, after so many failures in a row. */
export function failedInput(
	{ attempt, upstream }: InFlightRegister,
	cause: FailedInput['cause'],
	failures: number,
	detail?: string,
): FailedInput {
	const servers = upstream?.serverCount ?? 0
	const moreTargets = servers > 1 && failures + 1 < servers
	return { type: 'failed', attempt, cause, moreTargets, ...(detail === undefined ? {} : { detail }) }
}
