/** Lines as a message on the wire; an empty line ends the header fields, what follows is the body. */
export function wire(...lines: string[]): Uint8Array {
	return Buffer.from(lines.join('\r\n'))
}

const BASE: readonly (readonly [name: string, value: string])[] = [
	['Via', 'SIP/2.0/UDP host.example.com;branch=z9hG4bKkdjuw'],
	['Max-Forwards', '70'],
	['To', '<sip:bob@example.com>'],
	['From', '<sip:caller@example.net>;tag=938'],
	['Call-ID', 'call.0ha0isndaksdj'],
	['CSeq', '8 OPTIONS'],
]

/**
 * An OPTIONS with the given lines in the place of fields of the same name, or behind all; a name without a value takes its field out.
 * A line that begins with no known name is simply added.
 */
export function optionsWith(
	changes: Readonly<Record<string, string | undefined>>,
	startLine = optionsLine,
	body = '',
): Uint8Array {
	const lines: string[] = []
	for (const [name, value] of BASE) {
		if (!(name in changes)) lines.push(`${name}: ${value}`)
		else if (changes[name] !== undefined) lines.push(`${name}: ${changes[name]}`)
	}
	const known = new Set(BASE.map(([name]) => name))
	for (const [name, value] of Object.entries(changes)) {
		if (!known.has(name)) lines.push(`${name}: ${value}`)
	}
	return wire(startLine, ...lines, '', body)
}

export const optionsLine = 'OPTIONS sip:bob@example.com SIP/2.0'
