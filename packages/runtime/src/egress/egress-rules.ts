import ipaddr from 'ipaddr.js'
import { z } from 'zod'

type Network = ReturnType<typeof ipaddr.parseCIDR>

/** Which classes of addresses, and which networks beside them, the operator lets others name. */
export interface EgressRules {
	/** Addresses of the internet. */
	readonly internet: boolean
	/** Private (RFC 1918), unique local (RFC 4193) and shared (RFC 6598) addresses. */
	readonly lan: boolean
	readonly networks: readonly Network[]
	/** As it was set. */
	readonly text: string
}

const RULE = 'must be internet, lan, or networks with commas between, such as internet,10.1.2.0/24'

/**
 * Reads `internet`, `lan` (the internet as well) or networks in CIDR form or single addresses, with commas between; all of them
 * together are what is allowed. Throws RangeError with the rule that is broken.
 */
export function parseEgressRules(text: string): EgressRules {
	const items = text
		.split(',')
		.map((item) => item.trim())
		.filter((item) => item !== '')
	if (items.length === 0) throw new RangeError(RULE)
	const words = new Set<string>(items.filter((item) => item === 'internet' || item === 'lan'))
	const networks = items.filter((item) => !words.has(item)).map(networkOf)
	const lan = words.has('lan')
	return { internet: lan || words.has('internet'), lan, networks, text: items.join(',') }
}

function networkOf(item: string): Network {
	const bare = item.replace(/^\[|\]$/g, '')
	if (ipaddr.isValidCIDR(bare)) return ipaddr.parseCIDR(bare)
	if (!ipaddr.IPv6.isValid(bare) && !ipaddr.IPv4.isValidFourPartDecimal(bare)) throw new RangeError(RULE)
	const address = ipaddr.parse(bare)
	return [address, address.kind() === 'ipv4' ? 32 : 128]
}

/** Whether one of the networks has the address, which is in its one spelling. */
export function isListed(address: string, networks: readonly Network[]): boolean {
	if (networks.length === 0) return false
	const parsed = ipaddr.parse(address)
	return networks.some(([network, bits]) => parsed.kind() === network.kind() && parsed.match(network as never, bits))
}

/** What the setting means, for tables of settings. */
export const EGRESS_DESCRIPTION =
	'Where accounts, SIP servers, callers and push apps may lead the service: `internet`, `lan` (private addresses too), or networks with commas between, such as `internet,10.1.2.0/24`'

/** The setting of every process that connects to what others name; read by `parseEgressRules`. */
export function egressSetting() {
	return z.string().refine(isEgress, { error: RULE })
}

function isEgress(text: string): boolean {
	try {
		parseEgressRules(text)
		return true
	} catch {
		return false
	}
}
