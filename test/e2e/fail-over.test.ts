import { createServer } from 'node:net'
import type { Account } from '@vigil/domain'
import type { RegistrationWorker } from '@vigil/registration-worker'
import { silentLogger } from '@vigil/runtime'
import { DnsServer, until, VirtualClock } from '@vigil/testkit'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { accountOf, sleepingDevice, startLoneWorker } from '../world/lone-worker.ts'
import { MemoryPorts } from '../world/memory-ports.ts'
import { closeInTime, passTime } from '../world/pass-time.ts'
import { PlainRegistrar } from '../world/plain-registrar.ts'

// Several servers behind one domain (RFC 3263, RFC 2782): a real name server and real sockets, time by hand.

/** RFC 3261 17.1.2.2: timer F. */
const TIMER_F_MS = 32_000
/** An account stays with the next target for ten minutes. */
const RETURN_AFTER_MS = 600_000
/** The next target is tried within half a second; the rest is room for steps of the clock. */
const SOON_MS = 2000

let clock: VirtualClock
let ports: MemoryPorts
let dns: DnsServer
let first: PlainRegistrar
let second: PlainRegistrar
let worker: RegistrationWorker | undefined

beforeEach(async () => {
	clock = new VirtualClock()
	ports = new MemoryPorts()
	dns = await DnsServer.start({
		'first.test': { addresses: ['127.0.0.1'], ttlSeconds: 3600 },
		'second.test': { addresses: ['127.0.0.1'], ttlSeconds: 3600 },
	})
	first = await PlainRegistrar.start(clock)
	second = await PlainRegistrar.start(clock)
})

afterEach(async () => {
	await closeInTime(clock, worker)
	worker = undefined
	await first.close()
	await second.close()
	dns.close()
})

type Weights = readonly [priority: number, weight: number]

function offer(
	transport: 'udp' | 'tcp',
	one: Weights,
	other: Weights,
	ports: readonly [number, number] = [first.port, second.port],
) {
	dns.set(`_sip._${transport}.pbx.test`, {
		srv: [
			{ priority: one[0], weight: one[1], port: ports[0], name: 'first.test' },
			{ priority: other[0], weight: other[1], port: ports[1], name: 'second.test' },
		],
	})
}

function account(username: string, transport: Account['transport'] = 'udp'): Account {
	const made = accountOf(username, 'pbx.test', { transport })
	const device = sleepingDevice(username, [made.id])
	ports.accountsById.set(made.id, made)
	ports.devicesById.set(device.id, device)
	return made
}

async function start(): Promise<void> {
	worker = await startLoneWorker(ports, clock, silentLogger, { dnsServers: [dns.address] })
}

async function closedPort(): Promise<number> {
	const server = createServer()
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
	const address = server.address()
	await new Promise((resolve) => server.close(resolve))
	return typeof address === 'object' && address !== null ? address.port : 0
}

describe('the servers of a domain', () => {
	it('one that is silent gives way after timer F to the next by priority, and is asked again later', async () => {
		offer('udp', [10, 0], [20, 0])
		first.isSilent = true
		const { id } = account('alice')
		await start()
		await until(() => first.registers.length > 0)
		const beganMs = clock.now()
		await passTime(clock, { mostMs: 60_000, stepMs: 250, done: () => second.registers.length > 0 })
		const tookMs = (second.registers[0]?.atMs ?? 0) - beganMs
		expect(tookMs).toBeGreaterThanOrEqual(TIMER_F_MS)
		expect(tookMs).toBeLessThan(TIMER_F_MS + SOON_MS)
		// RFC 3261 17.1.2.2: T1 doubling up to T2, eleven copies in all.
		expect(first.registers).toHaveLength(11)
		await passTime(clock, { mostMs: 5000, stepMs: 100, done: () => ports.statuses.get(id)?.state === 'registered' })

		first.isSilent = false
		await passTime(clock, { mostMs: 3_600_000, stepMs: 10_000, done: () => first.registers.length > 11 })
		expect((first.registersOf('alice')[1]?.atMs ?? 0) - beganMs).toBeGreaterThan(RETURN_AFTER_MS)
		const refreshed = second.registersOf('alice').length
		expect(refreshed).toBeGreaterThan(1)
		await passTime(clock, { mostMs: 7_200_000, stepMs: 10_000, done: () => first.registersOf('alice').length >= 4 })
		expect(second.registersOf('alice')).toHaveLength(refreshed)
	})

	it('while one is down, others of the domain learn of it and do not wait for it', async () => {
		offer('udp', [10, 0], [20, 0])
		first.isSilent = true
		account('alice')
		await start()
		await passTime(clock, { mostMs: 60_000, stepMs: 250, done: () => second.registers.length > 0 })
		const bob = account('bob')
		const askedMs = clock.now()
		await ports.signals.publish('account.changed', { accountId: bob.id })
		await passTime(clock, { mostMs: 60_000, stepMs: 250, done: () => second.registersOf('bob').length > 0 })
		expect((second.registersOf('bob')[0]?.atMs ?? 0) - askedMs).toBeLessThan(SOON_MS)
		expect(first.registersOf('bob')).toEqual([])
	})

	it('one that refuses the connection gives way at once', async () => {
		offer('tcp', [10, 0], [20, 0], [await closedPort(), second.port])
		const { id } = account('alice', 'tcp')
		await start()
		const beganMs = clock.now()
		await passTime(clock, { mostMs: 30_000, stepMs: 100, done: () => second.registers.length > 0 })
		expect((second.registers[0]?.atMs ?? 0) - beganMs).toBeLessThan(SOON_MS)
		await passTime(clock, { mostMs: 5000, stepMs: 100, done: () => ports.statuses.get(id)?.state === 'registered' })
		expect(ports.statuses.get(id)).toMatchObject({ state: 'registered', target: 'tcp:pbx.test' })
	})

	it('of one priority share the accounts by weight, and an account stays where it is', async () => {
		offer('udp', [10, 90], [10, 30])
		for (let number = 0; number < 200; number++) account(`user${number}`)
		await start()
		const bound = () => first.registers.length + second.registers.length
		await passTime(clock, { mostMs: 10_000, stepMs: 50, done: () => bound() >= 200 })
		const share = first.registers.length / bound()
		expect(share).toBeGreaterThan(0.6)
		expect(share).toBeLessThan(0.9)
		const users = (registrar: PlainRegistrar) => new Set(registrar.registers.map(({ user }) => user))
		const before = [users(first), users(second)]
		await passTime(clock, { mostMs: 3_600_000, stepMs: 20_000, done: () => bound() >= 400 })
		expect(bound()).toBeGreaterThanOrEqual(400)
		expect([users(first), users(second)]).toEqual(before)
	})

	it('are asked of DNS again when their time is over; a name server that is down changes nothing', async () => {
		dns.set('first.test', { addresses: ['127.0.0.1'], ttlSeconds: 30 })
		dns.set('second.test', { addresses: ['127.0.0.1'], ttlSeconds: 30 })
		offer('udp', [10, 0], [20, 0])
		account('alice')
		await start()
		await until(() => first.registers.length > 0)
		offer('udp', [20, 0], [10, 0])
		await passTime(clock, { mostMs: 7_200_000, stepMs: 10_000, done: () => second.registers.length > 0 })
		expect([first, second].map((registrar) => registrar.registersOf('alice').length)).toEqual([2, 1])
		dns.fallSilent()
		const refreshed = () => second.registersOf('alice').length
		await passTime(clock, { mostMs: 10_800_000, stepMs: 10_000, done: () => refreshed() > 2 })
		expect(refreshed()).toBe(3)
	})
})
