const DEADLINE_MS = 20_000
const STEP_MS = 20

/** Asks until the answer is true (or a value); throws after 20 s, or when the condition does. */
export async function waitFor<T>(
	what: string,
	condition: () => Promise<T> | T,
	deadlineMs = DEADLINE_MS,
): Promise<NonNullable<T>> {
	const until = Date.now() + deadlineMs
	for (;;) {
		const value = await condition()
		if (value) return value as NonNullable<T>
		if (Date.now() > until) throw new Error(`waited ${deadlineMs} ms in vain for ${what}`)
		await new Promise((resolve) => setTimeout(resolve, STEP_MS))
	}
}
