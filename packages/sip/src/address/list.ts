import { sliceTrimmed } from '../message/grammar.ts'
import type { HeaderView } from '../message/light-response.ts'
import { quotedEnd } from './quoted.ts'

/**
 * Splits a comma list (RFC 3261 7.3.1). Commas inside of quoted strings and of `<>` do not separate; blanks around
 * entries and empty entries go. A quote or bracket that never closes runs to the end.
 */
export function splitList(value: string): string[] {
	if (!value.includes(',')) {
		const only = sliceTrimmed(value, 0, value.length)
		return only.length > 0 ? [only] : []
	}
	const entries: string[] = []
	for (let start = 0; start <= value.length; ) {
		const end = entryEnd(value, start)
		const entry = sliceTrimmed(value, start, end)
		if (entry.length > 0) entries.push(entry)
		start = end + 1
	}
	return entries
}

/** The index of the comma that ends the entry beginning at `start`, or the length of the text. */
export function entryEnd(value: string, start: number): number {
	for (let i = start; i < value.length; i++) {
		const code = value.charCodeAt(i)
		if (code === 0x2c) return i
		if (code === 0x22) {
			const end = quotedEnd(value, i)
			if (end < 0) return value.length
			i = end - 1
		} else if (code === 0x3c) {
			const end = value.indexOf('>', i)
			if (end < 0) return value.length
			i = end
		}
	}
	return value.length
}

/** Every entry of every field of that name, in order (RFC 3261 7.3.1: one list, however it was spread over fields). */
export function headerList(headers: Pick<HeaderView, 'all'>, name: string): string[] {
	const values = headers.all(name)
	const [only] = values
	if (values.length === 1 && only !== undefined) return splitList(only)
	return values.flatMap(splitList)
}
