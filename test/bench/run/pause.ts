/** Waits. Benchmarks measure over time, so they may; tests may not. */
export function pause(ms: number): Promise<void> {
	return new Promise((resolve) => setTimeout(resolve, ms))
}
