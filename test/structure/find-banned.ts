import type { BannedWord } from './banned-words.ts'

/** Where a file says a banned word, in its name or its text: `file:line: say this in place of that`. */
export function findBanned(file: string, text: string, banned: readonly BannedWord[]): string[] {
	const found: string[] = []
	for (const { word, instead, except = [] } of banned) {
		if (except.some((path) => (path.endsWith('/') ? file.startsWith(path) : file === path))) continue
		const pattern = patternOf(word)
		const says = `say '${instead}' in place of '${word}'`
		if (pattern.test(file)) found.push(`${file}: ${says}`)
		if (!pattern.test(text)) continue
		const lines = text.split('\n')
		for (const [index, line] of lines.entries()) if (pattern.test(line)) found.push(`${file}:${index + 1}: ${says}`)
	}
	return found
}

function patternOf(word: string): RegExp {
	const [first = '', rest] = [word[0], escaped(word.slice(1))]
	const [lower, upper] = [first.toLowerCase(), first.toUpperCase()]
	if (lower === upper) return new RegExp(`${escaped(word)}(?![a-z])`)
	return new RegExp(`(?:(?<![A-Za-z])[${lower}${upper}]|(?<=[a-z0-9])${upper})${rest}(?![a-z])`)
}

function escaped(text: string): string {
	return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')
}
