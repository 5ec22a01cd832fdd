/** A command line that makes no sense; the message says why. */
export class UsageError extends Error {
	override readonly name = 'UsageError'
}

/** The value of the option `--name`. Throws UsageError. */
export function wholeNumber(name: string, text: string, min: number, max: number): number {
	const value = Number(text)
	if (!/^\d+$/.test(text) || value < min || value > max) {
		throw new UsageError(`--${name} takes a whole number from ${min} to ${max}`)
	}
	return value
}

/** What `--seed` says, or a seed below `max` that nobody chose. Throws UsageError. */
export function seedFrom(text: string | undefined, max = 0xffff_ffff): number {
	return text === undefined ? Math.floor(Math.random() * max) : wholeNumber('seed', text, 0, max)
}
