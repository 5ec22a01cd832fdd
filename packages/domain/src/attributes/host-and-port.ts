const LABEL = /^[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/
const OCTET = /^(?:0|[1-9]\d{0,2})$/
const HEX_GROUP = /^[0-9A-Fa-f]{1,4}$/
const HOST_PORT = /^(\[[^\]]*\]|[^:[\]]*)(?::(\d{1,5}))?$/
const HOST_MAX = 253

/** Whether text is `host` or `host:port` and nothing else: a name, an IPv4 address, or an IPv6 address in brackets. */
export function isHostAndPort(text: string): boolean {
	const [, host = '', port] = HOST_PORT.exec(text) ?? []
	return isHostOrAddress(host) && (port === undefined || (Number(port) >= 1 && Number(port) <= 65_535))
}

function isHostOrAddress(host: string): boolean {
	if (host.startsWith('[')) return isIpv6(host.slice(1, -1))
	const labels = host.split('.')
	// A name never ends in a label of digits, so what does is an IPv4 address or a slip of the pen (RFC 3986 3.2.2).
	if (/^\d*$/.test(labels.at(-1) ?? '')) return isIpv4(labels)
	return host.length <= HOST_MAX && labels.every((label) => LABEL.test(label))
}

function isIpv4(octets: readonly string[]): boolean {
	return octets.length === 4 && octets.every((octet) => OCTET.test(octet) && Number(octet) <= 255)
}

/** RFC 4291 2.2: eight groups, of which `::` stands for one or more, and the last two may be an IPv4 address. */
function isIpv6(text: string): boolean {
	const halves = text.split('::')
	if (halves.length > 2) return false
	const groups = halves.flatMap((half) => (half === '' ? [] : half.split(':')))
	const tail = groups.at(-1)?.split('.') ?? []
	const mapped = tail.length > 1 && !text.endsWith('::')
	if (mapped && !isIpv4(tail)) return false
	const hex = mapped ? groups.slice(0, -1) : groups
	const count = hex.length + (mapped ? 2 : 0)
	return hex.every((group) => HEX_GROUP.test(group)) && (halves.length === 2 ? count <= 7 : count === 8)
}
