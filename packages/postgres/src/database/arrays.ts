import { wellFormedText } from '@vigil/runtime'

/** PostgreSQL's numbers of `text[]` and `double precision[]`. */
const TEXT_ARRAY_OID = 1009
const DOUBLE_ARRAY_OID = 1022

/**
 * The types of arrays that we use, for the driver. It would ask each new connection for all that there are, and does not wait for the
 * answer: when the connection ends meanwhile, that is a rejection which nobody hears, and the end of the process.
 */
export const ARRAY_TYPES = {
	textArray: {
		to: TEXT_ARRAY_OID,
		from: [TEXT_ARRAY_OID],
		serialize: (list: unknown) => (Array.isArray(list) ? writeTextArray(list) : list),
		parse: readTextArray,
	},
	doubleArray: {
		to: DOUBLE_ARRAY_OID,
		from: [DOUBLE_ARRAY_OID],
		serialize: (list: unknown) => (Array.isArray(list) ? writeTextArray(list) : list),
		parse: (literal: string) => readTextArray(literal).map((element) => (element === null ? null : Number(element))),
	},
}

/** The literal of a one-dimensional array; undefined and null are NULL. */
export function writeTextArray(list: readonly unknown[]): string {
	const elements = list.map((element) => {
		if (element === null || element === undefined) return 'NULL'
		return `"${wellFormedText(String(element)).replaceAll(/["\\]/g, '\\$&')}"`
	})
	return `{${elements.join(',')}}`
}

/** The elements of a one-dimensional array's literal, as PostgreSQL writes it. */
export function readTextArray(literal: string): (string | null)[] {
	const elements: (string | null)[] = []
	let at = 1
	while (at < literal.length - 1) {
		if (literal[at] === '"') {
			let text = ''
			for (at++; literal[at] !== '"'; at++) {
				if (literal[at] === '\\') at++
				text += literal[at]
			}
			elements.push(text)
			at += 2
		} else {
			const comma = literal.indexOf(',', at)
			const end = comma < 0 ? literal.length - 1 : comma
			const text = literal.slice(at, end)
			elements.push(text === 'NULL' ? null : text)
			at = end + 1
		}
	}
	return elements
}
