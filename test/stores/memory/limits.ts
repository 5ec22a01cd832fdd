import type { LimitsChange } from '@vigil/domain'

/** Limits after a change of some of them: `null` takes one back, or all; none that are left are absent. */
export function changedLimits<Limits extends object>(
	before: Limits | undefined,
	change: LimitsChange<Limits> | null | undefined,
): Limits | undefined {
	if (change === undefined) return before
	if (change === null) return undefined
	const left = Object.entries({ ...before, ...change }).filter(([, value]) => value !== null && value !== undefined)
	return left.length === 0 ? undefined : (Object.fromEntries(left) as Limits)
}
