import { isBlankCode, isToken, parseDecimal, skipBlanks } from './grammar.ts'

/** A CSeq header field value (RFC 3261 20.16). */
export interface CSeq {
	readonly number: number
	readonly method: string
}

/** The largest CSeq number: "MUST be less than 2**31" (RFC 3261 8.1.1.5). */
export const MAX_CSEQ = 2 ** 31 - 1

/** Reads a CSeq value; undefined when it is malformed or out of range. The method keeps its case, which is significant. */
export function parseCSeq(text: string): CSeq | undefined {
	let digits = 0
	while (digits < text.length && !isBlankCode(text.charCodeAt(digits))) digits++
	const number = parseDecimal(text.slice(0, digits), MAX_CSEQ)
	const method = text.slice(skipBlanks(text, digits))
	if (number === undefined || !isToken(method)) return undefined
	return { number, method }
}

/** Writes a CSeq value. Throws a RangeError for a number outside of 0 to 2^31 - 1. */
export function formatCSeq(number: number, method: string): string {
	if (!Number.isInteger(number) || number < 0 || number > MAX_CSEQ) throw new RangeError(`CSeq out of range: ${number}`)
	return `${number} ${method}`
}
