/** Quoted strings (RFC 3261 25.1). */

/** The index after the closing quote of the quoted string that begins at `start`, or -1 when it never closes. */
export function quotedEnd(text: string, start: number): number {
	for (let i = start + 1; i < text.length; i++) {
		const code = text.charCodeAt(i)
		if (code === 0x5c) i++
		else if (code === 0x22) return i + 1
	}
	return -1
}

/** The content of a quoted string with its escapes undone. Text that is not in quotes comes back as it is. */
export function unquote(text: string): string {
	if (text.length < 2 || text.charCodeAt(0) !== 0x22 || text.charCodeAt(text.length - 1) !== 0x22) return text
	const inner = text.slice(1, -1)
	if (!inner.includes('\\')) return inner
	let content = ''
	for (let i = 0; i < inner.length; i++) {
		if (inner[i] === '\\' && i + 1 < inner.length) i++
		content += inner[i]
	}
	return content
}

/** Text as a quoted string, quotes and backslashes escaped. */
export function quote(text: string): string {
	return `"${escapeQuoted(text)}"`
}

/** What stands between the quotes of such a string. */
export function escapeQuoted(text: string): string {
	if (!text.includes('"') && !text.includes('\\')) return text
	return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')
}
