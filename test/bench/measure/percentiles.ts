export interface Percentiles {
	readonly min: number
	readonly p50: number
	readonly p99: number
	readonly max: number
}

/** Nearest-rank percentiles of at least one value, to a hundredth. */
export function percentilesOf(values: readonly number[]): Percentiles {
	const sorted = [...values].sort((a, b) => a - b)
	const at = (share: number) =>
		Number((sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN).toFixed(2))
	return { min: at(0), p50: at(0.5), p99: at(0.99), max: at(1) }
}
