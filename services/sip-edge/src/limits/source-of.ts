import { isIPv4, isIPv6 } from 'node:net'
import { canonicalHost } from '@vigil/sip'

const MAPPED_IPV4 = /^::ffff:(\d{1,3}(?:\.\d{1,3}){3})$/i

/** The source that limits count by: an IPv4 address, or the /64 of an IPv6 address, which is what one customer gets. */
export function sourceOf(address: string): string {
	const bare = address.split('%')[0] ?? address
	const mapped = MAPPED_IPV4.exec(bare)?.[1]
	if (mapped !== undefined) return mapped
	if (isIPv4(bare) || !isIPv6(bare)) return bare
	const groups = canonicalHost(`[${bare}]`).slice(1, -1).split(':')
	return `${groups.slice(0, 4).join(':')}::/64`
}
