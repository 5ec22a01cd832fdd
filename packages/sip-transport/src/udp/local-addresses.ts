import { networkInterfaces } from 'node:os'

/** The first address of each family that other machines can reach; link-local addresses do not count. */
export function localAddresses(): { v4: string | undefined; v6: string | undefined } {
	const all = Object.values(networkInterfaces()).flatMap((list) => list ?? [])
	const outer = all.filter((info) => !info.internal && !info.address.toLowerCase().startsWith('fe80:'))
	return {
		v4: outer.find((info) => info.family === 'IPv4')?.address,
		v6: outer.find((info) => info.family === 'IPv6')?.address,
	}
}
