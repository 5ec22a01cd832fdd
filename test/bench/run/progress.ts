const startedAt = performance.now()

/** One line on standard error with the seconds since the start; standard output is for results. */
export function progress(text: string): void {
	const seconds = ((performance.now() - startedAt) / 1000).toFixed(1).padStart(6)
	process.stderr.write(`${seconds} s  ${text}\n`)
}
