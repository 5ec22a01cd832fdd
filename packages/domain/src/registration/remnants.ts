import type { ResponseView } from '@vigil/sip'
import { classifyContacts, type OwnContact } from './own-contact.ts'

/** More than a few of them are no remnants. */
const MOST = 4
const LONGEST_URI = 512

/**
 * Bindings of ours that an earlier connection has left: a registrar that tells bindings apart by the connection (`fs_path`), or a
 * Contact that named it (TLS, WebSocket), lists them beside the one just made. That one lives the longest; where another lives as
 * long nobody can tell them apart, and nothing is removed. As URIs, as they are listed.
 */
export function remnants(response: ResponseView, own: OwnContact): string[] {
	const ours = classifyContacts(response, own).filter((contact) => contact.ours && contact.expiresSeconds !== 0)
	if (ours.length < 2 || ours.some(({ expiresSeconds }) => expiresSeconds === undefined)) return []
	const longest = Math.max(...ours.map(({ expiresSeconds = 0 }) => expiresSeconds))
	const shorter = ours.filter(({ expiresSeconds = 0 }) => expiresSeconds < longest)
	if (shorter.length !== ours.length - 1) return []
	return shorter
		.map(({ uri }) => uri)
		.filter(isWritable)
		.slice(0, MOST)
}

function isWritable(uri: string): boolean {
	return uri.length <= LONGEST_URI && /^sips?:[\x21-\x3b\x3d\x3f-\x7e]+$/i.test(uri)
}
