/** A REGISTER as Kamailio logged it, and what it answered. */
export interface RegisterSeen {
	/** Epoch milliseconds by the registrar's clock. */
	readonly atMs: number
	readonly callId: string
	readonly cseq: number
	readonly expires: number
	readonly transport: string
	/** Parameters of the digest answer; empty when it came without. */
	readonly digest: ReadonlyMap<string, string>
	/** The answer to the first copy and when it was given; absent while there is none. */
	readonly status: number | undefined
	readonly answeredAtMs: number | undefined
}

const REQUEST =
	/request at=(\S+) user=(\S+) call-id=(\S+) cseq=(\d+) expires=(\d*) transport=(\S+) authorization=\[(.*)\]$/gm
const ANSWER = /answer at=(\S+) user=(\S+) cseq=(\d+) status=(\d+)$/gm
const DIGEST_PARAMETER = /(\w+)=(?:"([^"]*)"|([^\s,]+))/g

/** What the log says of the user's REGISTERs, in their order. */
export function readRegisters(log: string, user: string): RegisterSeen[] {
	const answers = answersTo(log, user)
	return [...log.matchAll(REQUEST)].flatMap(([, at, who, callId = '', cseq, expires, transport = '', digest = '']) => {
		if (who !== user) return []
		const atMs = Number(at) * 1000
		const answer = answers.find(({ cseq: answered, atMs: then }) => answered === Number(cseq) && then >= atMs)
		return [
			{
				atMs,
				callId,
				cseq: Number(cseq),
				expires: Number(expires),
				transport,
				digest: digestParameters(digest),
				status: answer?.status,
				answeredAtMs: answer?.atMs,
			},
		]
	})
}

function answersTo(log: string, user: string) {
	return [...log.matchAll(ANSWER)]
		.filter(([, , who]) => who === user)
		.map(([, at, , cseq, status]) => ({ atMs: Number(at) * 1000, cseq: Number(cseq), status: Number(status) }))
}

function digestParameters(text: string): Map<string, string> {
	return new Map(
		[...text.matchAll(DIGEST_PARAMETER)].map(([, name = '', quoted, bare]) => [
			name.toLowerCase(),
			quoted ?? bare ?? '',
		]),
	)
}
