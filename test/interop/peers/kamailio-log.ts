/** A REGISTER as Kamailio logged it, and what it answered. */
export interface RegisterSeen {
	/** Epoch milliseconds by the registrar's clock. */
	readonly atMs: number
	readonly callId: string
	readonly cseq: number
	/** Asked for: the contact's own, else the header field's; 0 when neither says. */
	readonly expires: number
	readonly transport: string
	/** Contact header field; empty in a binding query. */
	readonly contact: string
	/** `host:port` that it came from. */
	readonly source: string
	/** Parameters of the digest answer; empty when it came without. */
	readonly digest: ReadonlyMap<string, string>
	/** The answer to the first copy and when it was given; absent while there is none. */
	readonly status: number | undefined
	readonly answeredAtMs: number | undefined
}

const REQUEST =
	/request at=(\S+) user=(\S+) call-id=(\S+) cseq=(\d+) expires=(\S*) transport=(\S+) authorization=\[(.*)\] contact=\[(.*)\] source=(\S+)$/gm
const ANSWER = /answer at=(\S+) user=(\S+) call-id=(\S+) cseq=(\d+) status=(\d+)$/gm
const DIGEST_PARAMETER = /(\w+)=(?:"([^"]*)"|([^\s,]+))/g

/** What the log says of the user's REGISTERs, in their order. */
export function readRegisters(log: string, user: string): RegisterSeen[] {
	const answers = answersTo(log, user)
	return [...log.matchAll(REQUEST)].flatMap((line) => {
		const [, at, who, callId = '', cseq, expires = '', transport = '', digest = '', contact = '', source = ''] = line
		if (who !== user) return []
		const atMs = Number(at) * 1000
		const answer = answers.find((one) => one.callId === callId && one.cseq === Number(cseq) && one.atMs >= atMs)
		return [
			{
				atMs,
				callId,
				cseq: Number(cseq),
				expires: Number(/;expires=(\d+)/.exec(contact)?.[1] ?? /^\d*$/.exec(expires)?.[0] ?? 0),
				transport,
				contact: contact === '<null>' ? '' : contact,
				source,
				digest: digestParameters(digest),
				status: answer?.status,
				answeredAtMs: answer?.atMs,
			},
		]
	})
}

/** All bindings of a user after a REGISTER was answered, or after one ran out. */
export interface BindingsSeen {
	/** Epoch milliseconds by the registrar's clock. */
	readonly atMs: number
	/** Contact URIs. */
	readonly contacts: readonly string[]
}

const BINDINGS = /bindings at=(\S+) user=(\S+) list=\[(.*)\]$/gm
const EXPIRED = /binding expired at=(\S+) user=(\S+) contact=(\S+)$/gm

/** How the user's bindings changed, oldest first; a refresh that changed nothing is left out. */
export function readBindings(log: string, user: string): BindingsSeen[] {
	const lists = [...log.matchAll(BINDINGS)].flatMap(([, at, who, list = '']) =>
		who === user ? [{ atMs: Number(at) * 1000, contacts: list.split(' ').filter((uri) => uri !== '') }] : [],
	)
	const ends = [...log.matchAll(EXPIRED)].flatMap(([, at, who, expired = '']) =>
		who === user || who?.startsWith(`${user}@`) ? [{ atMs: Number(at) * 1000, expired }] : [],
	)
	const seen: BindingsSeen[] = []
	for (const event of [...lists, ...ends].sort((a, b) => a.atMs - b.atMs)) {
		const before = seen.at(-1)?.contacts ?? []
		const contacts = 'contacts' in event ? event.contacts : before.filter((uri) => uri !== event.expired)
		if (contacts.toSorted().join(' ') !== before.toSorted().join(' ')) seen.push({ atMs: event.atMs, contacts })
	}
	return seen
}

function answersTo(log: string, user: string) {
	return [...log.matchAll(ANSWER)]
		.filter(([, , who]) => who === user)
		.map(([, at, , callId, cseq, status]) => ({
			atMs: Number(at) * 1000,
			callId,
			cseq: Number(cseq),
			status: Number(status),
		}))
}

function digestParameters(text: string): Map<string, string> {
	return new Map(
		[...text.matchAll(DIGEST_PARAMETER)].map(([, name = '', quoted, bare]) => [
			name.toLowerCase(),
			quoted ?? bare ?? '',
		]),
	)
}
