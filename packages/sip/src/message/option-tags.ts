import { headerList } from '../address/list.ts'
import type { HeaderPair } from './build.ts'
import type { Headers } from './headers.ts'

/**
 * The Unsupported header field of a 420 (RFC 3261 8.2.2.3, 16.3): which option tags of `field` are not among `known` (lower case).
 * Undefined when all of them are.
 */
export function unsupportedOptions(
	headers: Headers,
	field: 'Require' | 'Proxy-Require',
	known: ReadonlySet<string>,
): HeaderPair | undefined {
	const unknown = headerList(headers, field).filter((option) => !known.has(option.toLowerCase()))
	return unknown.length > 0 ? ['Unsupported', unknown.join(', ')] : undefined
}
