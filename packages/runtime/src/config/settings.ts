import { z } from 'zod'

/** A whole number between two bounds, both included. */
export function integerSetting(min: number, max: number) {
	const rule = `must be a whole number from ${min} to ${max}`
	return z
		.string()
		.regex(/^-?\d+$/, rule)
		.transform(Number)
		.refine((value) => value >= min && value <= max, { error: rule })
}

/** A port to listen at; 0 lets the system choose. */
export function portSetting() {
	return integerSetting(0, 65_535)
}

/** `true` or `false`, also `1` or `0`. */
export function flagSetting() {
	return z
		.enum(['true', 'false', '1', '0'], { error: 'must be true or false' })
		.transform((text) => text === 'true' || text === '1')
}

/** A list with commas between its items; blanks around them do not count. */
export function listSetting() {
	return z.string().transform((text) =>
		text
			.split(',')
			.map((item) => item.trim())
			.filter((item) => item !== ''),
	)
}

/** A URL with one of the given schemes, as in `['postgres', 'postgresql']`. */
export function urlSetting(schemes: readonly string[]) {
	const rule = `must be a URL beginning with ${schemes.map((scheme) => `${scheme}://`).join(' or ')}`
	return z.string().refine((text) => URL.canParse(text) && schemes.includes(new URL(text).protocol.slice(0, -1)), {
		error: rule,
	})
}
