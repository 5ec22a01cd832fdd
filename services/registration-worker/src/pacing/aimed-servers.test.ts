import type { TenantId } from '@vigil/domain'
import { silentLogger } from '@vigil/runtime'
import { VirtualClock } from '@vigil/testkit'
import { describe, expect, it } from 'vitest'
import { AimedServers, aimLimits } from './aimed-servers.ts'
import { COLD, REFRESH, URGENT, type Urgency } from './upstream-pace.ts'

const TENANT = 'tenant' as TenantId
const OTHER = 'other' as TenantId
const HOUR_MS = 3_600_000

/** Accounts that ask for their turn again when they may, as the driver has it. */
class Bench {
	readonly clock = new VirtualClock()
	readonly sent: number[] = []
	readonly #asked = new Map<number, () => void>()
	readonly servers = new AimedServers({
		clock: this.clock,
		logger: silentLogger,
		limits: aimLimits(5, 50),
		resume: (slot) => this.#asked.get(slot)?.(),
	})

	ask(slot: number, options: { tenant?: TenantId; server?: string; address?: string; urgency?: Urgency } = {}): void {
		const { tenant = TENANT, server = 'udp:pbx', address = '192.0.2.1:5060', urgency = COLD } = options
		this.#asked.set(slot, () => this.ask(slot, options))
		const aimed = this.servers.of(slot, tenant, server)
		if (this.servers.admit(slot, aimed, address, urgency, this.clock.now()) !== 'parked') this.sent.push(slot)
	}

	accept(slot: number, server = 'udp:pbx', address = '192.0.2.1:5060', tenant = TENANT): void {
		this.servers.accepted(slot, this.servers.of(slot, tenant, server), address, this.clock.now())
	}
}

describe('REGISTERs of a tenant at a server that has accepted none', () => {
	it('go a few at a time', async () => {
		const bench = new Bench()
		for (let slot = 0; slot < 100; slot++) bench.ask(slot)
		expect(bench.sent).toHaveLength(20)
		await bench.clock.advance(4000)
		expect(bench.sent).toHaveLength(40)
		expect(bench.servers.parked).toBe(60)
	})

	it('all go after the first acceptance, in the order in which they asked', async () => {
		const bench = new Bench()
		for (let slot = 0; slot < 100; slot++) bench.ask(slot)
		bench.accept(0)
		expect(bench.sent).toEqual(Array.from({ length: 100 }, (_, slot) => slot))
		expect(bench.servers.parked).toBe(0)
	})

	it('wait again for an address that has not accepted, and after a day without an acceptance', async () => {
		const bench = new Bench()
		bench.ask(0)
		bench.accept(0)
		for (let slot = 1; slot <= 50; slot++) bench.ask(slot, { address: '198.51.100.1:5060' })
		expect(bench.sent.length).toBeLessThanOrEqual(21)
		bench.ask(60)
		expect(bench.sent.at(-1)).toBe(60)
		for (let slot = 1; slot <= 50; slot++) bench.servers.release(slot)
		const before = bench.sent.length
		await bench.clock.advance(23 * HOUR_MS)
		for (let slot = 100; slot < 150; slot++) bench.ask(slot)
		expect(bench.sent).toHaveLength(before + 50)
		await bench.clock.advance(HOUR_MS)
		for (let slot = 200; slot < 250; slot++) bench.ask(slot)
		expect(bench.sent).toHaveLength(before + 70)
	})

	it('say nothing of another tenant', () => {
		const bench = new Bench()
		for (let slot = 0; slot < 100; slot++) bench.ask(slot)
		for (let slot = 100; slot < 110; slot++) bench.ask(slot, { tenant: OTHER })
		expect(bench.sent.filter((slot) => slot >= 100)).toHaveLength(10)
		bench.accept(100, 'udp:pbx', '192.0.2.1:5060', OTHER)
		expect(bench.servers.parked).toBe(80)
	})

	it('have a budget at all such servers together, in turns', async () => {
		const bench = new Bench()
		for (let slot = 0; slot < 2000; slot++) bench.ask(slot, { server: `udp:pbx${slot % 500}` })
		expect(bench.sent).toHaveLength(200)
		await bench.clock.advance(6000)
		expect(bench.sent.length).toBeGreaterThan(450)
		expect(bench.sent.length).toBeLessThanOrEqual(500)
		expect(new Set(bench.sent.map((slot) => slot % 500)).size).toBeGreaterThan(450)
	})

	it('go in the order of their urgency, and those that are withdrawn do not', async () => {
		const bench = new Bench()
		for (let slot = 0; slot < 24; slot++) bench.ask(slot)
		bench.ask(30, { urgency: REFRESH })
		bench.ask(31, { urgency: URGENT })
		bench.ask(23, { urgency: URGENT })
		bench.ask(23)
		bench.servers.withdraw(20)
		await bench.clock.advance(2000)
		expect(bench.sent.slice(20)).toEqual([31, 23, 30, 21, 22])
		expect(bench.servers.parked).toBe(0)
	})
})

describe('a server that redirects to one that has accepted none', () => {
	it('is asked no faster than that one may be, until it accepts', async () => {
		const bench = new Bench()
		bench.ask(0)
		bench.accept(0)
		const own = bench.servers.of(0, TENANT, 'udp:pbx')
		const target = bench.servers.redirected(own, 'udp:victim')
		for (let sent = 0; sent < 20; sent++) target.take(bench.clock.now())
		for (let slot = 1; slot <= 5; slot++) bench.ask(slot)
		expect(bench.sent).toEqual([0])
		bench.servers.accepted(0, target, '198.51.100.1:5060', bench.clock.now())
		expect(bench.sent).toEqual([0, 1, 2, 3, 4, 5])
	})
})

describe('the memory of servers', () => {
	it('keeps those that accounts are at, and a bounded number of others', () => {
		const bench = new Bench()
		for (let slot = 0; slot < 3000; slot++) bench.ask(slot, { server: `udp:pbx${slot}` })
		expect(bench.servers.size).toBe(3000)
		for (let slot = 0; slot < 3000; slot++) bench.servers.release(slot)
		expect(bench.servers.size).toBe(1000)
		expect(bench.servers.parked).toBe(0)
	})

	it('gives nobody a fresh budget who leaves and comes back', () => {
		const bench = new Bench()
		for (let slot = 0; slot < 20; slot++) bench.ask(slot)
		for (let slot = 0; slot < 20; slot++) bench.servers.release(slot)
		bench.ask(0)
		expect(bench.sent).toHaveLength(20)
	})
})
