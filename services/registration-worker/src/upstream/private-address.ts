import { hashText } from '../accounts/hash-text.ts'

/** Ports that home routers leave to their hosts. */
const FIRST_PORT = 10_000
const PORTS = 50_000

/**
 * `host:port` that an account with NAT emulation gives as its own: a private address (RFC 1918) as a phone behind a home
 * router has one. The same for ever and on every node, whatever becomes of the registration, and nowhere kept.
 */
export function privateHostPort(accountId: string): string {
	const hash = hashText(accountId) >>> 0
	// Neither the network's own address, nor the router's, nor the one that means all.
	const host = 2 + ((hash >>> 8) % 253)
	return `192.168.${hash & 0xff}.${host}:${FIRST_PORT + ((hash >>> 16) % PORTS)}`
}
