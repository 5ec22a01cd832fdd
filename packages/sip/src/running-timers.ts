/** The timers of a machine that run, and the instant at which each is over. */
export type RunningTimers<Name extends string = string> = Readonly<Partial<Record<Name, number>>>

/** The timer that is over first, of several at the same instant the one that was started first; undefined where none runs. */
export function firstTimer<Name extends string>(running: RunningTimers<Name>): Name | undefined {
	let first: Name | undefined
	let firstAtMs = Number.POSITIVE_INFINITY
	for (const name in running) {
		const atMs = running[name]
		if (atMs === undefined || atMs >= firstAtMs) continue
		first = name
		firstAtMs = atMs
	}
	return first
}

/** When it is over: what `dueAtMs` of a machine with several timers says. */
export function firstInstant(running: RunningTimers): number | undefined {
	const first = firstTimer(running)
	return first === undefined ? undefined : running[first]
}
