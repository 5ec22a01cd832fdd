/**
 * Text that leaves SIP. Inside, a header value keeps octets that are no UTF-8 as lone surrogates and may hold control characters
 * (RFC 3261 25.1 allows %x00-09 in a quoted-pair), so that what is passed on leaves as it came. Nobody else takes either: JSON must not hold
 * surrogates (RFC 8259 8.2, RFC 7493 2.1), PostgreSQL refuses NUL, a terminal obeys escapes. Everything that is handed to a push
 * provider, queue, database, HTTP client, log or terminal passes here, at the very end, so that no path can be forgotten.
 */
const UNFIT = /(?![\t\n\r])[\p{Cc}\p{Cs}\p{Noncharacter_Code_Point}]/gu

/** In JSON the unfit may be written as an escape; one that is fit is found too, and costs only a closer look. */
const SUSPECT = /\\[ubf]|[\x7f-\x9f\p{Cs}\p{Noncharacter_Code_Point}]/u

/**
 * The text with U+FFFD in place of each lone surrogate, noncharacter and control character but tab and line breaks. Doing it again
 * changes nothing.
 */
export function wellFormedText(text: string): string {
	return text.replace(UNFIT, '\uFFFD')
}

/** The JSON value with all of its text well-formed, names included. What is well-formed already comes back as it is. */
export function wellFormed<Value>(value: Value): Value {
	return clean(value) as Value
}

/** A JSON text with all of its strings well-formed. @throws SyntaxError when it is suspicious and no JSON. */
export function wellFormedJson(json: string): string {
	return SUSPECT.test(json) ? JSON.stringify(wellFormed(JSON.parse(json))) : json
}

function clean(value: unknown): unknown {
	if (typeof value === 'string') return wellFormedText(value)
	if (Array.isArray(value)) return cleanArray(value)
	return isPlainObject(value) ? cleanObject(value) : value
}

function cleanArray(array: readonly unknown[]): readonly unknown[] {
	const cleaned = array.map(clean)
	return cleaned.every((entry, index) => Object.is(entry, array[index])) ? array : cleaned
}

function cleanObject(object: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
	const entries = Object.entries(object)
	const cleaned = entries.map(([name, value]) => [wellFormedText(name), clean(value)] as const)
	const same = cleaned.every(([name, value], index) => {
		const [nameBefore, valueBefore] = entries[index] as [string, unknown]
		return name === nameBefore && Object.is(value, valueBefore)
	})
	return same ? object : Object.fromEntries(cleaned)
}

function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
	if (typeof value !== 'object' || value === null) return false
	const prototype = Object.getPrototypeOf(value)
	return prototype === Object.prototype || prototype === null
}
