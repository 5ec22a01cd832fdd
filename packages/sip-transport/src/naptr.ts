import type { TransportName } from './flow.ts'

/** A NAPTR record (RFC 3403), as far as SIP uses it (RFC 3263 4.1). */
export interface NaptrRecord {
	readonly order: number
	readonly preference: number
	/** `s`: the replacement is a name for SRV. */
	readonly flags: string
	readonly service: string
	readonly replacement: string
}

/** A transport that a domain offers, with the name of its SRV records. */
export interface NaptrService {
	readonly transport: TransportName
	readonly name: string
}

/** RFC 3263 4.1, RFC 7118 6: services and the transports that they stand for. */
const TRANSPORTS: Readonly<Record<string, TransportName>> = {
	'SIP+D2U': 'udp',
	'SIP+D2T': 'tcp',
	'SIPS+D2T': 'tls',
	'SIP+D2W': 'ws',
	'SIPS+D2W': 'wss',
}

/** What a domain offers and we can use, in its order; with `secure` only TLS and WSS. */
export function offeredServices(records: readonly NaptrRecord[], secure: boolean): NaptrService[] {
	const sorted = records.toSorted((a, b) => a.order - b.order || a.preference - b.preference)
	return sorted.flatMap(({ flags, service, replacement }) => {
		const transport = TRANSPORTS[service.toUpperCase()]
		if (transport === undefined || flags.toLowerCase() !== 's' || replacement === '') return []
		if (secure && transport !== 'tls' && transport !== 'wss') return []
		return [{ transport, name: replacement }]
	})
}
