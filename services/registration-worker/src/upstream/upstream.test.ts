import type { Flow, ResolvedTarget } from '@vigil/sip-transport'
import { VirtualClock } from '@vigil/testkit'
import { describe, expect, it } from 'vitest'
import { UpstreamPace } from '../pacing/upstream-pace.ts'
import { type Connector, Upstream, type UpstreamPath } from './upstream.ts'

const FIRST = '192.0.2.1:5060'
const SECOND = '192.0.2.2:5060'

function target(host: string, transport: 'udp' | 'tcp', ttlSeconds?: number): ResolvedTarget {
	const ttl = ttlSeconds === undefined ? {} : { ttlSeconds }
	return { transport, host, port: 5060, domain: 'pbx.test', ...ttl }
}

/** An upstream of two servers, the first one preferred; what was resolved and connected. */
function upstream(transport: 'udp' | 'tcp', ttlSeconds?: number) {
	const clock = new VirtualClock()
	const seen = { resolved: 0, connected: [] as string[] }
	const network = {
		servers: [target('192.0.2.1', transport, ttlSeconds), target('192.0.2.2', transport, ttlSeconds)],
		refuses: new Set<string>(),
	}
	const connector: Connector = {
		resolve: async () => {
			seen.resolved++
			return network.servers
		},
		connect: async (_target, { host, port }): Promise<UpstreamPath> => {
			const address = `${host}:${port}`
			seen.connected.push(address)
			if (network.refuses.has(address)) throw new Error('refused')
			const flow = { closed: false, reliable: transport === 'tcp' } as Flow
			return { flow, address, contactHostPort: '', via: '' }
		},
		heard: () => {},
		hasResponded: () => false,
		keepOpen: () => {},
		pingEvery: () => {},
	}
	const pace = new UpstreamPace(10, 10)
	const made = new Upstream('pbx', { host: 'pbx.test', port: undefined, transport }, pace, clock, connector)
	/** Where an account with that many failures sends now. */
	const send = async (skip = 0) => (made.path(0, skip, clock.now()) ?? (await made.open(0, skip))).address
	return { clock, seen, network, upstream: made, send }
}

describe('the servers of a domain', () => {
	it('are asked in their order, the next one by an account that the first has failed', async () => {
		const { send } = upstream('udp')
		expect([await send(), await send(1), await send(2)]).toEqual([FIRST, SECOND, FIRST])
	})

	it('one that cannot be reached is passed over by all, then tried by one, then asked again by all', async () => {
		const { upstream: servers, send, clock } = upstream('udp')
		await send()
		servers.unreachable(FIRST)
		expect(await send()).toBe(SECOND)
		await clock.advance(30_000)
		expect([await send(), await send(), await send()]).toEqual([FIRST, SECOND, SECOND])
		servers.responded(FIRST, clock.now())
		expect(await send()).toBe(FIRST)
	})

	it('one that goes on failing is tried ever less, and many failures at a time count once', async () => {
		const { upstream: servers, send, clock } = upstream('udp')
		await send()
		for (let copy = 0; copy < 100; copy++) servers.unreachable(FIRST)
		await clock.advance(30_000)
		expect(await send()).toBe(FIRST)
		servers.unreachable(FIRST)
		await clock.advance(30_000)
		expect(await send()).toBe(SECOND)
		await clock.advance(30_000)
		expect(await send()).toBe(FIRST)
	})

	it('one that is silent to one account while it answers others is well', async () => {
		const { upstream: servers, send, clock } = upstream('udp')
		await send()
		servers.responded(FIRST, clock.now())
		await clock.advance(20_000)
		servers.silent(FIRST)
		expect(await send()).toBe(FIRST)
		await clock.advance(20_000)
		servers.silent(FIRST)
		expect(await send()).toBe(SECOND)
	})

	it('over connections: whether one is back is seen by connecting, beside the requests', async () => {
		const { send, clock, network, seen } = upstream('tcp')
		network.refuses.add(FIRST)
		await expect(send()).rejects.toThrow('refused')
		expect(await send()).toBe(SECOND)
		await clock.advance(30_000)
		expect(await send()).toBe(SECOND)
		await clock.advance(0)
		expect(seen.connected).toEqual([FIRST, SECOND, FIRST])
		network.refuses.clear()
		await clock.advance(60_000)
		expect(await send()).toBe(SECOND)
		await clock.advance(0)
		expect(await send()).toBe(FIRST)
	})
})

describe('what DNS said', () => {
	it.each([
		{ ttlSeconds: 20, keptMs: 20_000 },
		{ ttlSeconds: 0, keptMs: 10_000 },
		{ ttlSeconds: undefined, keptMs: 60_000 },
		{ ttlSeconds: 86_400, keptMs: 3_600_000 },
	])('with a TTL of $ttlSeconds s is kept for $keptMs ms', async ({ ttlSeconds, keptMs }) => {
		const { send, clock, seen } = upstream('udp', ttlSeconds)
		await send()
		const asked = seen.resolved
		await clock.advance(keptMs - 1)
		await send()
		expect(seen.resolved).toBe(asked)
		await clock.advance(1)
		await send()
		expect(seen.resolved).toBeGreaterThan(asked)
	})

	it('serves on until the new answer is there, and gives way to it then', async () => {
		const { send, clock, network } = upstream('udp', 20)
		await send()
		network.servers = [target('192.0.2.9', 'udp', 20)]
		await clock.advance(20_000)
		expect(await send()).toBe(FIRST)
		await clock.advance(0)
		expect(await send()).toBe('192.0.2.9:5060')
	})
})
