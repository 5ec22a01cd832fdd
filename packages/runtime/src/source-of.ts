import { isIPv4, isIPv6 } from 'node:net'

const BRACKETS = /^\[([^\]]*)\](?::\d+)?$/
const IPV4_WITH_PORT = /^(\d{1,3}(?:\.\d{1,3}){3}):\d+$/
const DOTTED_TAIL = /:(\d+)\.(\d+)\.(\d+)\.(\d+)$/

/**
 * What limits count as one client: an IPv4 address, or the /64 of an IPv6 address, as one site has a whole /64 (RFC 6177). An IPv4-mapped
 * address (RFC 4291 2.5.5.2) is the IPv4 one. A port, brackets and a zone do not count; what is no address is itself.
 */
export function sourceOf(host: string): string {
	const bare = (BRACKETS.exec(host)?.[1] ?? IPV4_WITH_PORT.exec(host)?.[1] ?? host).replace(/%.*$/, '')
	if (isIPv4(bare) || !isIPv6(bare)) return bare
	const groups = groupsOf(bare)
	if (groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff) return dotted(groups[6], groups[7])
	const prefix = groups.slice(0, 4).map((group) => group.toString(16))
	return `${prefix.join(':')}::/64`
}

/** The eight groups of an IPv6 address. */
function groupsOf(address: string): number[] {
	const hex = address.replace(DOTTED_TAIL, (_tail, ...bytes: string[]) => {
		const [a = 0, b = 0, c = 0, d = 0] = bytes.slice(0, 4).map(Number)
		return `:${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`
	})
	const [head = '', tail] = hex.split('::')
	const front = head === '' ? [] : head.split(':')
	const back = tail === undefined || tail === '' ? [] : tail.split(':')
	const gap = new Array<string>(Math.max(0, 8 - front.length - back.length)).fill('0')
	return [...front, ...gap, ...back].map((group) => Number.parseInt(group, 16))
}

function dotted(high = 0, low = 0): string {
	return [high >> 8, high & 0xff, low >> 8, low & 0xff].join('.')
}
