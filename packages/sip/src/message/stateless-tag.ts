import { hash } from 'node:crypto'
import { encodeText } from './octets.ts'

/** What identifies a request. */
interface Identity {
	get(name: string): string | undefined
}

/**
 * The To tag of a server without state: every copy of a request gets the same one (RFC 3261 8.2.7), so it is a hash of what identifies
 * the request.
 */
export function statelessTag(headers: Identity): string {
	const identity = `${headers.get('Via') ?? ''}\n${headers.get('Call-ID') ?? ''}\n${headers.get('CSeq') ?? ''}`
	return hash('sha256', encodeText(identity), 'hex').slice(0, 16)
}
