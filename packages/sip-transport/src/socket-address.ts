import { isIPv4 } from 'node:net'
import type { Address } from './flow.ts'

const MAPPED_IPV4 = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i

/** An address as a socket tells it; an IPv4 peer of a dual-stack socket gets its IPv4 form. */
export function addressOf(host: string | undefined, port: number | undefined): Address {
	return { host: plainHost(host ?? ''), port: port ?? 0 }
}

/** The IPv4 form of an IPv4-mapped IPv6 address, and no brackets; anything else as it is. */
export function plainHost(host: string): string {
	const bare = host.startsWith('[') && host.endsWith(']') ? host.slice(1, -1) : host
	return MAPPED_IPV4.exec(bare)?.[1] ?? bare
}

export function isLoopback(host: string): boolean {
	return host === '::1' || (isIPv4(host) && host.startsWith('127.'))
}

export function isWildcard(host: string): boolean {
	return host === '0.0.0.0' || host === '::'
}
