const DEFAULT_DEADLINE_MS = 30_000
/** Conditions that come true within a turn or two of the event loop are seen at once; slower ones are polled gently. */
const EAGER_TURNS = 50
const POLL_INTERVAL_MS = 2

export interface UntilOptions {
	/** Overall limit in real milliseconds; default 30 000, for a loaded machine. */
	readonly deadlineMs?: number
	/** What is being waited for, or a function that describes the present state; shown on failure. */
	readonly what?: string | (() => string)
}

type Truthy<T> = Exclude<T, undefined | null | false | 0 | ''>

/**
 * Waits for real I/O: resolves with the first truthy value of `condition`. A condition that throws counts as
 * not yet met, and its last error becomes the cause of the failure.
 *
 * @throws Error when the deadline passes, naming what was waited for.
 */
export async function until<T>(
	condition: () => T | Promise<T>,
	options: UntilOptions = {},
): Promise<Truthy<Awaited<T>>> {
	const deadlineMs = options.deadlineMs ?? DEFAULT_DEADLINE_MS
	const giveUpAt = performance.now() + deadlineMs
	let lastError: unknown
	for (let turn = 0; ; turn++) {
		try {
			const value = await condition()
			if (value) return value as Truthy<Awaited<T>>
			lastError = undefined
		} catch (error) {
			lastError = error
		}
		if (performance.now() >= giveUpAt) throw timeoutError(options.what ?? condition.toString(), deadlineMs, lastError)
		await nextTurn(turn)
	}
}

function nextTurn(turn: number): Promise<void> {
	if (turn < EAGER_TURNS) return new Promise((resolve) => setImmediate(resolve))
	return new Promise((resolve) => setTimeout(resolve, POLL_INTERVAL_MS))
}

function timeoutError(what: string | (() => string), deadlineMs: number, cause: unknown): Error {
	const described = typeof what === 'string' ? what : what()
	const because = cause instanceof Error ? ` (last error: ${cause.message})` : ''
	return new Error(`not true within ${deadlineMs} ms: ${described}${because}`, { cause })
}
