import type { ModeFigures } from '../../interop/modes/mode-run.ts'
import type { Mode } from '../command-line.ts'

/** What one mode came to, by the SIP server's own log; times in milliseconds, in all. */
export interface ModeReport {
	readonly calls: number
	/** Callers who got no 2xx. */
	readonly lost: number
	/** Calls that rang in the softphone and by push. */
	readonly rang_twice: number
	/** Without a binding. */
	readonly gap_ms: number
	/** With two. */
	readonly overlap_ms: number
	/** Removals that took the other side's binding; in mode 3 all removals. */
	readonly late_unregisters: number
	readonly longest_gap_ms: number
	readonly gaps: number
	/** Most SIP transactions that a gap took. */
	readonly gap_transactions: number
	readonly longest_overlap_ms: number
	/** REGISTERs of both sides that the SIP server heard while the app went back and forth. */
	readonly registers: number
	readonly by_softphone: number
	readonly by_push: number
	/** Mode 2: proofs that the SIP server asked for and got for a call that the app made. */
	readonly call_out_challenges?: number
	readonly call_out_answered?: number
}

export function reportOf(mode: Mode, figures: ModeFigures): ModeReport {
	const { holders, callOut } = figures
	return {
		calls: figures.calls.made.length,
		lost: figures.lost.length,
		rang_twice: figures.rangTwice.length,
		gap_ms: holders.none.total,
		overlap_ms: holders.several.total,
		late_unregisters: figures.lateUnregisters.length,
		longest_gap_ms: holders.none.longest,
		gaps: holders.none.times,
		gap_transactions: figures.gapTransactions,
		longest_overlap_ms: holders.several.longest,
		registers: figures.registers,
		by_softphone: figures.rungInForeground,
		by_push: figures.rungByPush,
		...(mode === 2 && callOut ? { call_out_challenges: callOut.challenged, call_out_answered: callOut.admitted } : {}),
	}
}

const MOST_GAP_TRANSACTIONS = 2

/** What must not happen in the mode, and did, in words; mode 1 has moments without a binding unless contacts are swapped. */
export function brokenRules(mode: Mode, report: ModeReport, swaps: boolean): string[] {
	const isGapless = mode !== 1 || swaps
	const rules: readonly (readonly [boolean, string])[] = [
		[isGapless && report.lost > 0, 'calls were lost'],
		[isGapless && report.gap_ms > 0, 'there were moments without a binding'],
		[mode !== 0 && report.overlap_ms > 0, 'there were moments with two bindings'],
		[report.gap_transactions > MOST_GAP_TRANSACTIONS, 'a moment without a binding took more than two transactions'],
		[report.late_unregisters > 0, 'removals came late'],
		[mode === 2 && report.registers > 0, 'the SIP server heard REGISTERs'],
	]
	return rules.filter(([isBroken]) => isBroken).map(([, what]) => `mode ${mode}: ${what}`)
}
