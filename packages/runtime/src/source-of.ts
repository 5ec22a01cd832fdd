import { isIPv4 } from 'node:net'
import ipaddr from 'ipaddr.js'

const BRACKETS = /^\[([^\]]*)\](?::\d+)?$/
const IPV4_WITH_PORT = /^(\d{1,3}(?:\.\d{1,3}){3}):\d+$/

/**
 * What limits count as one client: an IPv4 address, or the /64 of an IPv6 address, as one site has a whole /64 (RFC 6177). An IPv4-mapped
 * address (RFC 4291 2.5.5.2) is the IPv4 one. A port, brackets and a zone do not count; what is no address is itself.
 */
export function sourceOf(host: string): string {
	const bare = (BRACKETS.exec(host)?.[1] ?? IPV4_WITH_PORT.exec(host)?.[1] ?? host).replace(/%.*$/, '')
	if (isIPv4(bare) || !ipaddr.IPv6.isValid(bare)) return bare
	const address = ipaddr.IPv6.parse(bare)
	if (address.isIPv4MappedAddress()) return address.toIPv4Address().toString()
	const prefix = address.parts.slice(0, 4).map((group) => group.toString(16))
	return `${prefix.join(':')}::/64`
}
