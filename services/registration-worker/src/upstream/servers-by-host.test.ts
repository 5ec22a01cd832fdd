import { expect, it } from 'vitest'
import { ServersByHost } from './servers-by-host.ts'

it('servers are found at the addresses that they have now', () => {
	const servers = new ServersByHost<{ hosts: ReadonlySet<string> }>()
	const one = { hosts: new Set(['192.0.2.1', '192.0.2.2']) }
	const other = { hosts: new Set(['192.0.2.1']) }
	const at = (host: string) => [...servers.at(host)]
	servers.moved(one, new Set())
	servers.moved(other, new Set())
	expect(at('192.0.2.1')).toEqual([one, other])
	const before = one.hosts
	one.hosts = new Set(['192.0.2.3'])
	servers.moved(one, before)
	expect([at('192.0.2.1'), at('192.0.2.2'), at('192.0.2.3')]).toEqual([[other], [], [one]])
})
