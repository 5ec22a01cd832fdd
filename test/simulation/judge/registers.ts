import type { Evidence } from './evidence.ts'
import type { SeenMessage } from './wire-log.ts'

/** Timer F (RFC 3261 17.1.2.2). */
const GIVEN_UP_MS = 32_000

interface Registering {
	readonly request: SeenMessage
	answeredAtMs: number | undefined
}

/** REGISTERs of the service whose CSeq does not rise, or that were begun while the one before was under way. */
export function registersOutOfTurn(evidence: Evidence): readonly string[] {
	const wrong: string[] = []
	const last = new Map<string, Registering>()
	for (const message of inOrder(evidence)) {
		const { callId, cseq, status, atMs } = message
		const before = last.get(callId)
		if (status !== undefined) {
			if (before && status >= 200 && before.request.cseq === cseq) before.answeredAtMs ??= atMs
			continue
		}
		if (before?.request.cseq === cseq) continue
		if (before && cseq < before.request.cseq)
			wrong.push(`REGISTER ${cseq} of ${callId} came after ${before.request.cseq}`)
		if (
			before &&
			isUnderWay(before, atMs) &&
			!evidence.crashedBetween([addressOf(message.from)], before.request.atMs, atMs)
		) {
			wrong.push(`REGISTER ${cseq} of ${callId} was begun while ${before.request.cseq} was under way`)
		}
		last.set(callId, { request: message, answeredAtMs: undefined })
	}
	return wrong
}

function isUnderWay({ request, answeredAtMs }: Registering, nowMs: number): boolean {
	return answeredAtMs === undefined && nowMs - request.atMs < GIVEN_UP_MS
}

function addressOf(name: string): string {
	return name.slice(0, name.lastIndexOf(':'))
}

/** What the workers have sent, and what has come to them, in the order of time. */
function inOrder({ wire }: Evidence): readonly SeenMessage[] {
	const isWorker = (name: string) => name.startsWith('10.1.0.')
	const requests = wire.sent.filter(({ method, status, from }) => {
		return method === 'REGISTER' && status === undefined && isWorker(from)
	})
	const responses = wire.arrived.filter(({ method, status, to }) => {
		return method === 'REGISTER' && status !== undefined && isWorker(to)
	})
	return [...responses, ...requests].sort((one, other) => one.atMs - other.atMs)
}
