import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import type { Egress, EgressVerdict, NamedBy } from '@vigil/runtime'
import { toTransportError } from '../connection/socket-error.ts'
import type { ConnectOptions } from '../listen-options.ts'
import { plainHost } from '../socket-address.ts'
import { TransportError } from '../transport-error.ts'

/**
 * The target by an IP address that the egress policy has admitted: the connection goes to that very address, so that no other
 * answer of DNS comes between. TLS and WebSocket keep the name, which is what a certificate is verified against. Throws TransportError.
 */
export async function admittedTarget<Options extends ConnectOptions>(
	options: Options,
	egress: Egress | undefined,
): Promise<Options> {
	if (!egress) return options
	const name = plainHost(options.host)
	const host = await firstAdmitted(isIP(name) === 0 ? await addressesOf(name) : [name], options, egress)
	if (host === name) return options
	const secure = options.transport === 'tls' || options.transport === 'wss'
	return secure ? { ...options, host, tls: { servername: name, ...options.tls } } : { ...options, host }
}

/** Throws TransportError with the code `not-allowed` when the policy refuses to send there. */
export function requireAdmitted(host: string, port: number, egress: Egress | undefined, namedBy: NamedBy): void {
	const verdict = egress?.decide({ host, port, namedBy })
	if (verdict && !verdict.allowed) throw refused(verdict)
}

async function addressesOf(name: string): Promise<string[]> {
	try {
		return (await lookup(name, { all: true })).map(({ address }) => address)
	} catch (error) {
		throw toTransportError(error)
	}
}

function firstAdmitted(
	addresses: readonly string[],
	{ port, namedBy = 'account' }: ConnectOptions,
	egress: Egress,
): string {
	let failure = new TransportError('name-not-found', 'the name has no address')
	for (const host of addresses) {
		const verdict = egress.decide({ host, port, namedBy })
		if (verdict.allowed) return host
		failure = refused(verdict)
	}
	throw failure
}

/** Where our own sockets and stores are is nobody's business: a port of theirs is as one that is closed. */
function refused({ reason }: Extract<EgressVerdict, { allowed: false }>): TransportError {
	if (reason === 'own-listener' || reason === 'own-store') return new TransportError('refused', `there is ${reason}`)
	return new TransportError('not-allowed', `the egress policy does not allow this address: ${reason}`)
}
