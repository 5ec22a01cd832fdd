import { BlockList, isIP } from 'node:net'
import { z } from 'zod'

const RULE = 'must be IP addresses and networks with commas between, as in 10.0.0.0/8,2001:db8::1'
const NETWORK = /^([0-9a-f:.]+)(?:\/(\d{1,3}))?$/i

/** Whether an address is in any of the networks; an IPv4 address also in its mapped form. Throws RangeError for what is no network. */
export function networkMatcher(networks: readonly string[]): (address: string) => boolean {
	const list = new BlockList()
	for (const network of networks) add(list, network)
	return (address) => {
		const family = isIP(address)
		return family !== 0 && list.check(address, family === 6 ? 'ipv6' : 'ipv4')
	}
}

/** A list of addresses and networks (CIDR) with commas between. */
export function networksSetting() {
	return z
		.string()
		.transform((text) =>
			text
				.split(',')
				.map((item) => item.trim())
				.filter((item) => item !== ''),
		)
		.refine((networks) => isList(networks), { error: RULE })
}

function isList(networks: readonly string[]): boolean {
	try {
		networkMatcher(networks)
		return true
	} catch {
		return false
	}
}

function add(list: BlockList, network: string): void {
	const [, address = '', prefix] = NETWORK.exec(network) ?? []
	const family = isIP(address)
	if (family === 0) throw new RangeError(`${network} ${RULE}`)
	const bits = prefix === undefined ? (family === 6 ? 128 : 32) : Number(prefix)
	list.addSubnet(address, bits, family === 6 ? 'ipv6' : 'ipv4')
}
