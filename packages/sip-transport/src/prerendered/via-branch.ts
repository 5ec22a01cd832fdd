import { BRANCH_COOKIE } from '@vigil/sip'

const USUAL = `;branch=${BRANCH_COOKIE}`

/**
 * The branch of the first entry of a Via value; undefined where it has none, or is written in a way that needs a
 * parser (quoted strings).
 */
export function viaBranch(value: string): string | undefined {
	const at = value.indexOf(USUAL)
	// Read where it stands, unless what comes before makes it another entry's or part of a quoted string.
	if (at < 0 || isBefore(value, ',', at) || isBefore(value, '"', at)) return unusualBranch(value)
	const start = at + ';branch='.length
	let end = start
	while (end < value.length && !endsToken(value.charCodeAt(end))) end++
	return value.slice(start, end)
}

/** Searched from the start: the engine does that quickest. */
function isBefore(value: string, mark: string, at: number): boolean {
	const found = value.indexOf(mark)
	return found >= 0 && found < at
}

function unusualBranch(value: string): string | undefined {
	if (value.includes('"')) return undefined
	const comma = value.indexOf(',')
	const first = comma < 0 ? value : value.slice(0, comma)
	return /;\s*branch\s*=\s*([^;,\s]+)/i.exec(first)?.[1]
}

/** Semicolon, comma, blank or tab. */
function endsToken(code: number): boolean {
	return code === 0x3b || code === 0x2c || code === 0x20 || code === 0x09
}
