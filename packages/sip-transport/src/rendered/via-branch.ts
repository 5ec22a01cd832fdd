const USUAL = ';branch=z9hG4bK'

/**
 * The branch of the first entry of a Via value; undefined where it has none, or is written in a way that needs a
 * parser (quoted strings).
 */
export function viaBranch(value: string): string | undefined {
	if (value.includes('"')) return undefined
	const comma = value.indexOf(',')
	const first = comma < 0 ? value : value.slice(0, comma)
	const at = first.indexOf(USUAL)
	if (at < 0) return /;\s*branch\s*=\s*([^;,\s]+)/i.exec(first)?.[1]
	const start = at + ';branch='.length
	let end = start
	while (end < first.length && !endsToken(first.charCodeAt(end))) end++
	return first.slice(start, end)
}

/** Semicolon, blank or tab. */
function endsToken(code: number): boolean {
	return code === 0x3b || code === 0x20 || code === 0x09
}
