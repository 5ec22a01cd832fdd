/** Hosts as they stand in URIs and Via: names, IPv4 addresses, IPv6 addresses in brackets (RFC 3261 25.1). */

/** True for a host. Underscores are let through: they are no hostname, but real networks use them. */
export function isHost(text: string): boolean {
	if (text.charCodeAt(0) === 0x5b) return ipv6Groups(text) !== undefined
	if (text.length === 0) return false
	for (let i = 0; i < text.length; i++) {
		if (!isHostCode(text.charCodeAt(i))) return false
	}
	return true
}

function isHostCode(code: number): boolean {
	if (code >= 0x61 && code <= 0x7a) return true
	if (code >= 0x30 && code <= 0x39) return true
	if (code >= 0x41 && code <= 0x5a) return true
	return code === 0x2e || code === 0x2d || code === 0x5f
}

/** The host in the one spelling by which hosts are compared: lower case, IPv6 addresses with every group written out. */
export function canonicalHost(host: string): string {
	const groups = host.charCodeAt(0) === 0x5b ? ipv6Groups(host) : undefined
	return groups ? `[${groups.map((group) => group.toString(16)).join(':')}]` : host.toLowerCase()
}

/** The host as sockets want it: an IPv6 address without its brackets. */
export function hostAddress(host: string): string {
	return host.startsWith('[') && host.endsWith(']') ? host.slice(1, -1) : host
}

/** The host as SIP wants it: an IPv6 address in brackets. */
export function addressHost(address: string): string {
	return address.includes(':') && !address.startsWith('[') ? `[${address}]` : address
}

/** The eight groups of an IPv6 reference `[...]` (RFC 3986 3.2.2, no zone), or undefined when it is none. */
function ipv6Groups(reference: string): number[] | undefined {
	if (!reference.startsWith('[') || !reference.endsWith(']')) return undefined
	const halves = reference.slice(1, -1).split('::')
	const [left, right] = halves
	if (left === undefined || halves.length > 2) return undefined
	const before = readGroups(left)
	const after = right === undefined ? [] : readGroups(right)
	if (!before || !after) return undefined
	const missing = 8 - before.length - after.length
	if (right === undefined ? missing !== 0 : missing < 1) return undefined
	return [...before, ...new Array<number>(missing).fill(0), ...after]
}

function readGroups(text: string): number[] | undefined {
	if (text === '') return []
	const groups: number[] = []
	const parts = text.split(':')
	for (const [index, part] of parts.entries()) {
		if (index === parts.length - 1 && part.includes('.')) {
			const ipv4 = readIpv4(part)
			if (!ipv4) return undefined
			groups.push(...ipv4)
		} else if (/^[0-9a-fA-F]{1,4}$/.test(part)) groups.push(Number.parseInt(part, 16))
		else return undefined
	}
	return groups
}

/** An IPv4 address as the two groups it fills at the end of an IPv6 address. */
function readIpv4(text: string): [number, number] | undefined {
	const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text)
	if (!match) return undefined
	const [a = 0, b = 0, c = 0, d = 0] = match.slice(1).map(Number)
	if (a > 255 || b > 255 || c > 255 || d > 255) return undefined
	return [a * 256 + b, c * 256 + d]
}
