import type { Rest } from './watched-run.ts'

const MIB = 2 ** 20
/** What the engine itself keeps from one rest to the next: compiled code, caches. */
const HEAP_ALLOWANCE_BYTES = 8 * MIB
/** Things that come and go, such as a transaction that was begun just before the rest. */
const COUNT_ALLOWANCE = 6

/** From the first rest to the last. */
export interface Growth {
	readonly heapMiB: number
	/** By name, what there is more of. */
	readonly more: Readonly<Record<string, number>>
	readonly ok: boolean
}

/** How a target grew over its rests. */
export function growthOf(rests: readonly Rest[]): Growth {
	const [first, last] = [rests[0], rests.at(-1)]
	if (!first || !last) return { heapMiB: 0, more: {}, ok: true }
	const heapBytes = last.heapBytes - first.heapBytes
	const more = Object.fromEntries(
		Object.entries(last.left)
			.map(([name, count]) => [name, count - (first.left[name] ?? 0)] as const)
			.filter(([, difference]) => difference > 0),
	)
	const bounded = Object.values(more).every((difference) => difference <= COUNT_ALLOWANCE)
	return { heapMiB: Math.round((heapBytes / MIB) * 10) / 10, more, ok: bounded && heapBytes <= HEAP_ALLOWANCE_BYTES }
}
