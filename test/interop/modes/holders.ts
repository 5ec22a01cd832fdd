import type { BindingsSeen, RegisterSeen } from '../peers/kamailio-log.ts'

/** Who was bound when, milliseconds. */
export interface HolderTimes {
	/** No binding: in all, and the longest moment. */
	readonly none: Span
	/** Two or more. */
	readonly several: Span
}

export interface Span {
	readonly total: number
	readonly longest: number
	readonly times: number
}

/** Adds up the server's own record of its bindings, from the first one until `endMs`. */
export function holderTimes(seen: readonly BindingsSeen[], endMs: number): HolderTimes {
	const moments = seen.map(({ atMs, contacts }, index) => ({
		count: contacts.length,
		ms: (seen[index + 1]?.atMs ?? endMs) - atMs,
	}))
	return { none: span(moments, (count) => count === 0), several: span(moments, (count) => count > 1) }
}

/**
 * Most REGISTERs that were answered from the end of the last binding to the beginning of the next, those with which the two
 * sides take turns: what ended the binding is not counted, what made the next one is.
 */
export function gapTransactions(seen: readonly BindingsSeen[], registers: readonly RegisterSeen[]): number {
	const counts = seen.map(({ atMs, contacts }, index) => {
		const endMs = seen[index + 1]?.atMs
		if (contacts.length > 0 || endMs === undefined) return 0
		return registers.filter((register) => register.atMs > atMs && register.atMs < endMs).length
	})
	return Math.max(0, ...counts)
}

function span(moments: readonly { count: number; ms: number }[], counts: (count: number) => boolean): Span {
	const lengths: number[] = []
	let open = false
	for (const { count, ms } of moments) {
		if (!counts(count)) open = false
		else if (open) lengths.push((lengths.pop() ?? 0) + ms)
		else {
			lengths.push(ms)
			open = true
		}
	}
	return {
		total: Math.round(lengths.reduce((sum, ms) => sum + ms, 0)),
		longest: Math.round(Math.max(0, ...lengths)),
		times: lengths.length,
	}
}
