import { isIPv4, isIPv6 } from 'node:net'
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

/** What counts as one source: an IPv4 address, or the /64 of an IPv6 address, as one site has a whole /64. */
export function sourceOf(host: string): string {
	if (!isIPv6(host)) return host
	const [head = '', tail] = host.replace(/%.*$/, '').split('::')
	const front = head === '' ? [] : head.split(':')
	const back = tail === undefined || tail === '' ? [] : tail.split(':')
	const gap = tail === undefined ? [] : new Array<string>(Math.max(0, 8 - front.length - back.length)).fill('0')
	const groups = [...front, ...gap, ...back].slice(0, 4)
	return `${groups.map((group) => Number.parseInt(group, 16).toString(16)).join(':')}::/64`
}
