/** An attribute of a start tag: its value with escapes undone, and where that stands between its quotes. */
export interface Attribute {
	readonly name: string
	readonly value: string
	readonly start: number
	readonly end: number
}

export interface StartTag {
	readonly attributes: readonly Attribute[]
}

/** What is skipped whole: comments, CDATA, processing instructions (XML 1.0 2.5 to 2.7), and end tags. */
const SKIPPED: readonly (readonly [begin: string, end: string])[] = [
	['<!--', '-->'],
	['<![CDATA[', ']]>'],
	['<?', '?>'],
	['</', '>'],
]

const NAME = /[^\s"'<>/=!?]+/y
const ATTRIBUTE = /\s+([^\s"'<>/=]+)\s*=\s*(?:"([^"<]*)"|'([^'<]*)')/y
const END = /\s*\/?>/y

/**
 * The start tags of an XML text, in order: as much of XML 1.0 as it takes to find attributes and to put others in their place. Undefined
 * when the text is not well-formed as far as that goes, or has a document type, in which names and values may be anything.
 */
export function startTagsOf(text: string): StartTag[] | undefined {
	const tags: StartTag[] = []
	for (let i = text.indexOf('<'); i >= 0; i = text.indexOf('<', i)) {
		const skipped = skip(text, i)
		if (skipped !== undefined) {
			if (skipped < 0) return undefined
			i = skipped
			continue
		}
		const read = readTag(text, i + 1)
		if (!read) return undefined
		tags.push({ attributes: read.attributes })
		i = read.end
	}
	return tags
}

/** Where what is skipped ends, -1 when it does not; undefined for what is not skipped. */
function skip(text: string, at: number): number | undefined {
	for (const [begin, end] of SKIPPED) {
		if (!text.startsWith(begin, at)) continue
		const found = text.indexOf(end, at + begin.length)
		return found < 0 ? -1 : found + end.length
	}
	return undefined
}

function readTag(
	text: string,
	at: number,
): { readonly attributes: readonly Attribute[]; readonly end: number } | undefined {
	let i = matched(NAME, text, at)?.end
	const attributes: Attribute[] = []
	while (i !== undefined) {
		const found = matched(ATTRIBUTE, text, i)
		if (!found) break
		const [, name = '', double, single = ''] = found.groups
		const written = double ?? single
		const start = found.end - 1 - written.length
		attributes.push({ name, value: unescapeAttribute(written), start, end: start + written.length })
		i = found.end
	}
	const end = i === undefined ? undefined : matched(END, text, i)?.end
	return end === undefined ? undefined : { attributes, end }
}

function matched(pattern: RegExp, text: string, at: number) {
	pattern.lastIndex = at
	const groups = pattern.exec(text)
	return groups ? { groups, end: pattern.lastIndex } : undefined
}

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

function unescapeAttribute(text: string): string {
	if (!text.includes('&')) return text
	return text.replace(/&(?:#x([0-9a-f]{1,6})|#([0-9]{1,7})|([a-z]+));/gi, (whole, hex, decimal, name) => {
		if (name !== undefined) return (Object.hasOwn(ENTITIES, name) ? ENTITIES[name] : undefined) ?? whole
		const code = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16)
		return code <= 0x10ffff ? String.fromCodePoint(code) : whole
	})
}
