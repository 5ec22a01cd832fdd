import ipaddr from 'ipaddr.js'

/**
 * What an IP address is, for the question whether to connect to it (RFC 6890 and the registries of IANA). `shared` is RFC 6598
 * (CGNAT), `private` RFC 1918 and RFC 4193 (ULA), `special` what no server is reached by: documentation, benchmarks, reserved.
 */
export type AddressClass =
	| 'public'
	| 'loopback'
	| 'private'
	| 'shared'
	| 'link-local'
	| 'metadata'
	| 'unspecified'
	| 'multicast'
	| 'broadcast'
	| 'special'

export interface ClassifiedAddress {
	readonly class: AddressClass
	/** The one spelling of the address; that of the IPv4 address within for mapped, 6to4 and NAT64 forms. */
	readonly address: string
}

type Parsed = ReturnType<typeof ipaddr.parse>

/** Where clouds tell a machine its credentials, beside 169.254.169.254: of AWS, Google, Alibaba, Azure and Oracle. */
const METADATA: ReadonlySet<string> = new Set([
	'fd00:ec2::254',
	'fd00:ec2::23',
	'fd20:ce::254',
	'100.100.100.200',
	'168.63.129.16',
	'192.0.0.192',
])

const CLASSES: Readonly<Record<string, AddressClass>> = {
	unicast: 'public',
	loopback: 'loopback',
	private: 'private',
	uniqueLocal: 'private',
	carrierGradeNat: 'shared',
	linkLocal: 'link-local',
	unspecified: 'unspecified',
	multicast: 'multicast',
	broadcast: 'broadcast',
}

/** NAT64 prefix of RFC 8215, which leads into a network of its own; and the old IPv4-compatible form (RFC 4291 2.5.5.1). */
const LOCAL_NAT64 = ipaddr.parseCIDR('64:ff9b:1::/48')
const IPV4_COMPATIBLE = ipaddr.parseCIDR('::/96')

/**
 * Classifies an address, which may stand in brackets or have a zone. An IPv6 address that carries an IPv4 address is what that is,
 * as that is where packets go. Undefined for text that is no IP address, octal and hexadecimal spellings included.
 */
export function classifyAddress(text: string): ClassifiedAddress | undefined {
	const bare = text.replace(/^\[|\]$/g, '').replace(/%.*$/, '')
	if (!ipaddr.IPv6.isValid(bare) && !ipaddr.IPv4.isValidFourPartDecimal(bare)) return undefined
	const parsed = ipaddr.parse(bare)
	const within = embedded(parsed)
	const meant = within ?? parsed
	const address = meant.toString()
	if (METADATA.has(address)) return { class: 'metadata', address }
	return { class: CLASSES[meant.range()] ?? 'special', address }
}

/** The IPv4 address that packets to this IPv6 address end at. */
function embedded(address: Parsed): ipaddr.IPv4 | undefined {
	if (!(address instanceof ipaddr.IPv6)) return undefined
	const bytes = address.toByteArray()
	if (address.isIPv4MappedAddress()) return fromBytes(bytes.slice(12))
	switch (address.range()) {
		case '6to4':
			return fromBytes(bytes.slice(2, 6))
		case 'rfc6052':
			return address.match(LOCAL_NAT64 as [ipaddr.IPv6, number]) ? undefined : fromBytes(bytes.slice(12))
		case 'rfc6145':
			return fromBytes(bytes.slice(12))
	}
	const compatible = address.match(IPV4_COMPATIBLE as [ipaddr.IPv6, number]) && bytes.slice(0, 13).some(Boolean)
	return compatible ? fromBytes(bytes.slice(12)) : undefined
}

function fromBytes(bytes: number[]): ipaddr.IPv4 {
	return new ipaddr.IPv4(bytes)
}
