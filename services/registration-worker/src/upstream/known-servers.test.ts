import { expect, it } from 'vitest'
import { KnownServers } from './known-servers.ts'

it('remembers the servers used last, up to its bound', () => {
	const servers = new KnownServers(2)
	for (const host of ['192.0.2.1', '192.0.2.2', '192.0.2.1', '192.0.2.3']) servers.add(host)
	expect(['192.0.2.1', '192.0.2.2', '192.0.2.3'].map((host) => servers.has(host))).toEqual([true, false, true])
})
