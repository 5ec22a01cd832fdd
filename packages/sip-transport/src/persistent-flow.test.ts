import { LossyNetwork, SeededRandom, VirtualClock } from '@vigil/testkit'
import { describe, expect, it } from 'vitest'
import type { Flow } from './flow.ts'
import { PersistentFlow } from './persistent-flow.ts'
import { MemoryChannel } from './testing/index.ts'
import { TransportError } from './transport-error.ts'

function keep(works: () => boolean = () => true) {
	const clock = new VirtualClock()
	const network = new LossyNetwork({ clock, random: new SeededRandom(1) })
	const channel = new MemoryChannel({ network, address: { host: '192.0.2.1', port: 5060 } })
	const log: string[] = []
	let attempts = 0
	const kept = new PersistentFlow({
		clock,
		random: () => 0,
		connect: async () => {
			attempts++
			if (!works()) throw new TransportError('refused', 'no')
			return channel.flowTo({ host: '192.0.2.2', port: 5060 })
		},
		onUp: () => log.push('up'),
		onDown: (cause, delayMs) => log.push(`${typeof cause === 'string' ? cause : cause.code} ${delayMs}`),
	})
	return { clock, kept, log, attempts: () => attempts }
}

describe('PersistentFlow', () => {
	it('opens a flow at once and again after it ended', async () => {
		const { clock, kept, log } = keep()
		await clock.advance(0)
		const first = kept.flow as Flow
		await clock.advance(20_000)
		first.close()
		expect(kept.flow).toBeUndefined()
		await clock.advance(15_000)
		expect(log).toEqual(['up', 'local 15000', 'up'])
		expect(kept.flow).not.toBe(first)
	})

	it('waits longer after each failure, and starts over after a flow that lasted', async () => {
		let works = false
		const { clock, kept, log } = keep(() => works)
		await clock.advance(15_000 + 30_000)
		works = true
		await clock.advance(60_000)
		await clock.advance(10_000)
		kept.flow?.close()
		expect(log).toEqual(['refused 15000', 'refused 30000', 'refused 60000', 'up', 'local 15000'])
	})

	it('takes a flow that ends soon for another failure', async () => {
		const { clock, kept, log } = keep()
		await clock.advance(0)
		kept.flow?.close()
		await clock.advance(15_000)
		kept.flow?.close()
		expect(log).toEqual(['up', 'local 15000', 'up', 'local 30000'])
	})

	it('tries at once when told, without a second attempt beside it', async () => {
		let works = false
		const { clock, kept, log, attempts } = keep(() => works)
		await clock.advance(0)
		works = true
		kept.retryNow()
		kept.retryNow()
		await clock.advance(0)
		kept.retryNow()
		expect([log, attempts()]).toEqual([['refused 15000', 'up'], 2])
		expect(clock.pendingTimers).toBe(0)
	})

	it('does nothing any more once stopped', async () => {
		const { clock, kept, log, attempts } = keep(() => false)
		await clock.advance(0)
		kept.stop()
		await clock.advance(1_000_000)
		expect([log, attempts()]).toEqual([['refused 15000'], 1])
		const other = keep()
		await other.clock.advance(0)
		const flow = other.kept.flow as Flow
		other.kept.stop(true)
		expect(flow.closed).toBe(true)
		expect(other.log).toEqual(['up'])
	})
})
