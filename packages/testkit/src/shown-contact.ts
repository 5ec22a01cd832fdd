import { createHash } from 'node:crypto'
import { formatUri, parseUri, type SipUri } from '@vigil/sip'
import type { WirePeer } from './sip-wire.ts'

/** `tcp 192.0.2.1:40000`. */
export function peerText({ transport, host, port }: WirePeer): string {
	return `${transport} ${host}:${port}`
}

/** The contact with the address that its REGISTER came from; what is no SIP URI stays as it is. */
export function atSource(contact: string, { host, port, transport }: WirePeer): string {
	return changed(contact, (uri) => {
		const params = new Map(uri.params)
		if (transport === 'udp') params.delete('transport')
		else params.set('transport', transport)
		return { ...uri, host: host.includes(':') ? `[${host}]` : host, port, params }
	})
}

/** The contact with the first character of its user part as an escape: the same URI by RFC 3261 19.1.4. */
export function escaped(contact: string): string {
	return contact.replace(/^(sips?:)([A-Za-z0-9])/i, (_, scheme: string, first: string) => {
		return `${scheme}%${first.charCodeAt(0).toString(16)}`
	})
}

/** The contact under a user part of the server's own. */
export function masked(contact: string): string {
	const own = createHash('sha256').update(contact).digest('hex').slice(0, 12)
	return changed(contact, (uri) => ({ ...uri, user: `reg-${own}` }))
}

function changed(contact: string, change: (uri: SipUri) => SipUri): string {
	const uri = parseUri(contact)
	return uri?.scheme === 'sip' || uri?.scheme === 'sips' ? formatUri(change(uri)) : contact
}
