import { escapeUriHeader, unescapeUriPart } from '../address/escapes.ts'
import { formatNameAddr, parseNameAddr, tagOf } from '../address/name-addr.ts'
import { formatUri, parseUri, type SipUri } from '../address/uri.ts'
import { canonicalHeaderName } from '../message/header-names.ts'
import type { DialogNames, DialogReference } from './names.ts'
import { renameReference } from './reference-fields.ts'

/** A header of a URI (RFC 3261 19.1.1), its escapes undone. */
interface UriHeader {
	readonly name: string
	readonly value: string
}

/**
 * Refer-To (RFC 3515) with the dialogs that the headers of its URI name renamed, as an attended transfer has them (RFC 5589 7.3). A
 * URI that is a Contact of ours becomes that of the far end, which is what the referred party can reach.
 */
export function renameReferTarget(value: string, names: DialogNames): string {
	const address = parseNameAddr(value)
	const uri = parseUri(address?.uri ?? '')
	if (!address || (uri?.scheme !== 'sip' && uri?.scheme !== 'sips')) return value
	const headers = renameUriHeaders(uri.headers, names)
	const target = renameTarget(uri, names)
	if (headers === uri.headers && target === uri) return value
	return formatNameAddr({ ...address, uri: formatUri({ ...target, ...(headers === undefined ? {} : { headers }) }) })
}

function renameTarget(uri: SipUri, names: DialogNames): SipUri {
	const { headers: _headers, ...plain } = uri
	const renamed = parseUri(names.target(formatUri(plain)) ?? '')
	if (renamed?.scheme !== 'sip' && renamed?.scheme !== 'sips') return uri
	const { headers: _own, ...target } = renamed
	return target
}

function renameUriHeaders(text: string | undefined, names: DialogNames): string | undefined {
	if (text === undefined) return undefined
	const headers = text.split('&').map(readHeader)
	const renamed = renameEnclosedDialog(headers, names) ?? headers.map((header) => renameHeader(header, names))
	if (renamed.every((header, index) => header.value === headers[index]?.value)) return text
	return renamed.map(({ name, value }) => `${name}=${escapeUriHeader(value)}`).join('&')
}

function readHeader(text: string): UriHeader {
	const equals = text.indexOf('=')
	if (equals < 0) return { name: text, value: '' }
	return { name: text.slice(0, equals), value: unescapeUriPart(text.slice(equals + 1)) }
}

function renameHeader({ name, value }: UriHeader, names: DialogNames): UriHeader {
	const canonical = canonicalHeaderName(name)
	if (canonical === 'call-id') return { name, value: names.callId(value) ?? value }
	return { name, value: renameReference(canonical, value, names) }
}

/** A URI that is to make a request within a dialog names it by Call-ID, From and To (RFC 3515 3). Undefined when it does not. */
function renameEnclosedDialog(headers: readonly UriHeader[], names: DialogNames): UriHeader[] | undefined {
	const valueAt = (name: string) => headers.find((header) => canonicalHeaderName(header.name) === name)?.value
	const callId = valueAt('call-id')
	const tags = [tagOf(valueAt('from') ?? ''), tagOf(valueAt('to') ?? '')] as const
	if (callId === undefined || tags[0] === undefined || tags[1] === undefined) return undefined
	const renamed = names.dialog({ callId, tags })
	return renamed && headers.map((header) => renameEnclosed(header, renamed))
}

function renameEnclosed({ name, value }: UriHeader, { callId, tags }: DialogReference): UriHeader {
	switch (canonicalHeaderName(name)) {
		case 'call-id':
			return { name, value: callId }
		case 'from':
			return { name, value: retagged(value, tags[0]) }
		case 'to':
			return { name, value: retagged(value, tags[1]) }
		default:
			return { name, value }
	}
}

function retagged(party: string, tag: string | undefined): string {
	const address = parseNameAddr(party)
	if (!address || tag === undefined) return party
	return formatNameAddr({ ...address, params: new Map(address.params).set('tag', tag) })
}
