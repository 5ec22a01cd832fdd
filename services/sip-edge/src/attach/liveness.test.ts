import type { DeviceId } from '@vigil/domain'
import { silentLogger } from '@vigil/runtime'
import type { Flow } from '@vigil/sip-transport'
import { VirtualClock } from '@vigil/testkit'
import { describe, expect, it } from 'vitest'
import { MemoryPresence } from '../../test/support/memory-stores.ts'
import { createCounters } from '../counters.ts'
import { Liveness } from './liveness.ts'

const A = 'dev_a' as DeviceId
const B = 'dev_b' as DeviceId
const HOUR_MS = 3_600_000

function world() {
	const clock = new VirtualClock()
	const presence = new MemoryPresence()
	const attached = new Map<DeviceId, Flow>()
	const expiries = new Map<DeviceId, number>()
	const counters = createCounters()
	const signs = new Liveness({
		foregroundLeases: presence,
		contacts: presence,
		attached: () => attached,
		expiresAtMs: (id) => expiries.get(id),
		flowTimerSeconds: 120,
		clock,
		logger: silentLogger,
		counters,
	})
	signs.start()
	const flow = (more: Partial<Flow> = {}) =>
		({ reliable: true, closed: false, lastReceivedMs: clock.now(), ...more }) as Flow
	return { clock, presence, attached, expiries, counters, signs, flow }
}

describe('leases', () => {
	it('of attached devices are renewed together, a little at a time', async () => {
		const { clock, presence, attached, counters, flow } = world()
		await clock.advance(10_000)
		expect(presence.renewals).toEqual([])
		attached.set(A, flow()).set(B, flow())
		await clock.advance(10_000)
		const untilMs = clock.now() + 45_000
		expect(presence.renewals).toEqual([
			new Map([
				[A, untilMs],
				[B, untilMs],
			]),
		])
		expect(counters.leasesRenewed).toBe(2)
	})

	it('are not renewed by a connection that is closed, or silent for longer than its keep-alive', async () => {
		const { clock, presence, attached, flow } = world()
		attached.set(A, flow({ closed: true })).set(B, flow())
		await clock.advance(150_000)
		expect(presence.renewals).toHaveLength(15)
		await clock.advance(100_000)
		expect(presence.renewals).toHaveLength(15)
	})

	it('over UDP go on with the binding of each REGISTER, once', async () => {
		const { clock, presence, attached, expiries, signs, flow } = world()
		const { lastReceivedMs: _never, ...udp } = flow({ reliable: false })
		attached.set(A, udp as Flow)
		const expiresAtMs = clock.now() + 300_000
		expiries.set(A, expiresAtMs)
		signs.accepted(A, udp as Flow)
		await clock.advance(30_000)
		expect(presence.renewals).toEqual([new Map([[A, expiresAtMs]])])
	})

	it('are renewed later when the store fails', async () => {
		const { clock, presence, expiries, counters, signs, flow } = world()
		presence.broken = true
		expiries.set(A, 1)
		signs.accepted(A, flow({ reliable: false }))
		await clock.advance(10_000)
		expect(counters.storeFailures).toBe(2)
		presence.broken = false
		await clock.advance(10_000)
		expect(presence.renewals).toEqual([new Map([[A, 1]])])
	})

	it('are left alone when the edge stops', async () => {
		const { clock, presence, attached, signs, flow } = world()
		attached.set(A, flow())
		await signs.close()
		await clock.advance(60_000)
		expect(presence.renewals).toEqual([])
	})
})

describe('contacts', () => {
	it('are noted at a REGISTER, once an hour, and again after a failure', async () => {
		const { clock, presence, signs, flow } = world()
		presence.broken = true
		signs.accepted(A, flow())
		await clock.advance(1)
		presence.broken = false
		for (const pauseMs of [1000, HOUR_MS - 1000, 1]) {
			signs.accepted(A, flow())
			await clock.advance(pauseMs)
		}
		signs.accepted(A, undefined)
		expect(presence.contacts).toEqual([A, A])
	})
})
