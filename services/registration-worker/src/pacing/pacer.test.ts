import type { Clock } from '@vigil/runtime'
import { VirtualClock } from '@vigil/testkit'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DEFAULT_PACING, Pacer, type PacingLimits } from './pacer.ts'
import { COLD, REFRESH, type UpstreamPace, URGENT } from './upstream-pace.ts'

const seed = process.env.VIGIL_TEST_SEED ? { seed: Number(process.env.VIGIL_TEST_SEED) } : {}

/** A pacer whose accounts stay on their way until the test ends their turn. */
class Bench {
	readonly clock = new VirtualClock()
	readonly started: number[] = []
	readonly inFlight = new Map<number, UpstreamPace>()
	readonly pacer: Pacer

	constructor(limits: Partial<PacingLimits> = {}) {
		this.pacer = new Pacer(this.clock, { ...DEFAULT_PACING, ...limits }, (slot, upstream) => {
			this.started.push(slot)
			this.inFlight.set(slot, upstream)
			return true
		})
	}

	end(slot: number): void {
		const upstream = this.inFlight.get(slot)
		this.inFlight.delete(slot)
		if (upstream) this.pacer.done(upstream)
	}
}

describe('the pacer', () => {
	it('keeps to the window of an upstream, and lets it grow with answers', () => {
		const bench = new Bench({ inFlightPerUpstream: 64 })
		const upstream = bench.pacer.upstream()
		for (let slot = 0; slot < 100; slot++) bench.pacer.request(slot, upstream, COLD)
		expect(bench.inFlight.size).toBe(32)
		upstream.responded(10)
		bench.end(0)
		expect(bench.inFlight.size).toBe(33)
	})

	it('halves the window when requests are late, once a second', async () => {
		const bench = new Bench()
		const upstream = bench.pacer.upstream()
		upstream.late(bench.clock.now())
		upstream.late(bench.clock.now())
		expect(upstream.window).toBe(16)
		await bench.clock.advance(1000)
		for (let round = 0; round < 5; round++) {
			upstream.late(bench.clock.now())
			await bench.clock.advance(1000)
		}
		expect(upstream.window).toBe(8)
	})

	it('lets what follows in a turn go at once, and others the later', async () => {
		const bench = new Bench({ perSecondPerUpstream: 10, inFlightPerUpstream: 64 })
		const upstream = bench.pacer.upstream()
		bench.pacer.request(0, upstream, COLD)
		for (let repeat = 0; repeat < 5; repeat++) bench.pacer.followed(upstream, bench.clock.now())
		bench.pacer.request(1, upstream, COLD)
		await bench.clock.advance(400)
		expect(bench.started).toEqual([0])
		await bench.clock.advance(300)
		expect(bench.started).toEqual([0, 1])
	})

	it('does not take a slow way for an overload', () => {
		const upstream = new Bench().pacer.upstream()
		upstream.responded(3000)
		upstream.late(1)
		expect(upstream.window).toBe(33)
	})

	it('serves the urgent first, then refreshes, then the rest', () => {
		const bench = new Bench({ inFlightPerUpstream: 1 })
		const upstream = bench.pacer.upstream()
		bench.pacer.request(0, upstream, REFRESH)
		bench.pacer.request(1, upstream, COLD)
		bench.pacer.request(2, upstream, REFRESH)
		bench.pacer.request(3, upstream, COLD)
		bench.pacer.request(3, upstream, URGENT)
		expect(bench.started).toEqual([0, 3])
		for (const slot of [0, 3, 2, 1]) bench.end(slot)
		expect(bench.started).toEqual([0, 3, 2, 1])
		expect(bench.pacer.waiting).toBe(0)
	})

	it('keeps to the rate', async () => {
		const bench = new Bench({ perSecondPerUpstream: 100, inFlightPerUpstream: 10_000 })
		const upstream = bench.pacer.upstream()
		for (let slot = 0; slot < 2000; slot++) bench.pacer.request(slot, upstream, COLD)
		for (let second = 1; second <= 5; second++) {
			for (let part = 0; part < 10; part++) {
				for (const slot of [...bench.inFlight.keys()]) bench.end(slot)
				await bench.clock.advance(100)
			}
			expect(bench.started.length).toBeLessThanOrEqual(100 * second + 11)
			expect(bench.started.length).toBeGreaterThanOrEqual(90 * second)
		}
	})

	it('gives upstreams turns', () => {
		const bench = new Bench({ inFlight: 1, inFlightPerUpstream: 10 })
		const [one, other] = [bench.pacer.upstream(), bench.pacer.upstream()]
		for (let slot = 0; slot < 3; slot++) bench.pacer.request(slot, one, COLD)
		for (let slot = 10; slot < 13; slot++) bench.pacer.request(slot, other, COLD)
		for (let turn = 0; turn < 6; turn++) bench.end(bench.started.at(-1) as number)
		expect(bench.started).toEqual([0, 1, 10, 2, 11, 12])
	})

	it('lets everybody wait when a server refuses many, and goes on after that', async () => {
		const bench = new Bench()
		const upstream = bench.pacer.upstream()
		const refusals = [1, 2, 3, 4, 5].map(() => upstream.refused(bench.clock.now(), 20_000))
		expect(refusals).toEqual([false, false, false, false, true])
		bench.pacer.request(1, upstream, REFRESH)
		bench.pacer.request(2, upstream, URGENT)
		await bench.clock.advance(19_000)
		expect(bench.started).toEqual([])
		await bench.clock.advance(1_100)
		expect(bench.started).toEqual([2, 1])
	})

	it('starts nobody at an instant before the one at which it was asked for', () => {
		let nowMs = 1_000_000
		// Time passes while a round is at work.
		const clock: Clock = { now: () => nowMs++, wall: () => nowMs, setTimer: () => ({}), clearTimer: () => {} }
		const startedAtMs: number[] = []
		let askedAtMs = 0
		const pacer = new Pacer(clock, DEFAULT_PACING, (slot, upstream, atMs) => {
			startedAtMs.push(atMs)
			if (slot !== 0) return true
			askedAtMs = clock.now()
			pacer.request(1, upstream, URGENT)
			return true
		})
		pacer.request(0, pacer.upstream(), URGENT)
		expect(startedAtMs).toHaveLength(2)
		expect(startedAtMs[1]).toBeGreaterThanOrEqual(askedAtMs)
	})

	it('starts everybody who still wants to, once, in any order of events', async () => {
		const act = fc.oneof(
			fc.record({ slot: fc.nat(40), upstream: fc.nat(2), urgency: fc.constantFrom(URGENT, REFRESH, COLD) }),
			fc.record({ end: fc.nat(40) }),
			fc.record({ withdraw: fc.nat(40) }),
			fc.record({ waitMs: fc.nat(500) }),
		)
		await fc.assert(
			fc.asyncProperty(fc.array(act, { maxLength: 120 }), async (acts) => {
				const bench = new Bench({ inFlight: 5, inFlightPerUpstream: 3, perSecond: 200, perSecondPerUpstream: 100 })
				const upstreams = [0, 1, 2].map(() => bench.pacer.upstream())
				const wanted = new Set<number>()
				for (const step of acts) {
					const before = bench.started.length
					if ('slot' in step) {
						if (bench.inFlight.has(step.slot)) continue
						wanted.add(step.slot)
						bench.pacer.request(step.slot, upstreams[step.slot % 3] as UpstreamPace, step.urgency)
					} else if ('end' in step) bench.end(step.end)
					else if ('withdraw' in step) {
						bench.pacer.withdraw(step.withdraw)
						wanted.delete(step.withdraw)
					} else await bench.clock.advance(step.waitMs)
					for (const slot of bench.started.slice(before)) expect(wanted.delete(slot)).toBe(true)
					expect(bench.pacer.waiting).toBe(wanted.size)
				}
				for (let round = 0; round < 200 && wanted.size > 0; round++) {
					const before = bench.started.length
					for (const slot of [...bench.inFlight.keys()]) bench.end(slot)
					await bench.clock.advance(50)
					for (const slot of bench.started.slice(before)) expect(wanted.delete(slot)).toBe(true)
				}
				expect(wanted).toEqual(new Set())
			}),
			{ numRuns: 100, ...seed },
		)
	})
})
