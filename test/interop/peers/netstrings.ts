/** Text framed as `length:text,` (cr.yp.to/proto/netstrings), as baresip's control port speaks. */
export function netstring(text: string): string {
	return `${Buffer.byteLength(text)}:${text},`
}

/** Whole texts at the beginning of `bytes`, and what is left of them. */
export function readNetstrings(bytes: Buffer): { texts: string[]; rest: Buffer } {
	const texts: string[] = []
	let rest = bytes
	for (;;) {
		const colon = rest.indexOf(':')
		const end = colon + 1 + Number(rest.toString('latin1', 0, Math.max(0, colon)))
		if (colon < 0 || rest.length <= end) return { texts, rest }
		texts.push(rest.toString('utf8', colon + 1, end))
		rest = rest.subarray(end + 1)
	}
}
