import { describe, expect, it } from 'vitest'
import { LossyNetwork, type NetworkBehaviour } from './lossy-network.ts'
import { SeededRandom } from './seeded-random.ts'
import { VirtualClock } from './virtual-clock.ts'

function pair(behaviour: Partial<NetworkBehaviour>, seed = 1) {
	const clock = new VirtualClock(0)
	const network = new LossyNetwork({ clock, random: new SeededRandom(seed), behaviour })
	const received: { number: number; at: number }[] = []
	const receiver = network.attach('b', (bytes) => received.push({ number: bytes[0] ?? -1, at: clock.now() }))
	const sender = network.attach('a', () => {})
	const sendAll = (count: number) => {
		for (let i = 0; i < count; i++) sender.send('b', Uint8Array.of(i))
	}
	return { clock, network, received, receiver, sender, sendAll }
}

const numbers = (received: { number: number }[]) => received.map((datagram) => datagram.number)

describe('LossyNetwork', () => {
	it('carries every datagram once and in order when it is perfect', async () => {
		const { clock, received, sendAll } = pair({})
		sendAll(5)
		await clock.advance(0)
		expect(numbers(received)).toEqual([0, 1, 2, 3, 4])
	})

	it('loses, duplicates and delays by its seed, the same way each time', async () => {
		const run = async () => {
			const { clock, network, received, sendAll } = pair(
				{ loss: 0.3, duplication: 0.3, minDelayMs: 5, maxDelayMs: 50 },
				9,
			)
			sendAll(100)
			await clock.advance(50)
			return { received, counters: { ...network.counters } }
		}
		const first = await run()
		expect(first).toEqual(await run())
		expect(first.counters.lost).toBeGreaterThan(10)
		expect(first.counters.duplicated).toBeGreaterThan(10)
		expect(first.counters.delivered).toBe(100 - first.counters.lost + first.counters.duplicated)
		expect(first.received.every((datagram) => datagram.at >= 5 && datagram.at <= 50)).toBe(true)
	})

	it('reorders', async () => {
		const { clock, received, sendAll } = pair({ reorder: 0.5, reorderDelayMs: 10 })
		sendAll(20)
		await clock.advance(10)
		expect(numbers(received)).not.toEqual([...numbers(received)].sort((a, b) => a - b))
		expect(received).toHaveLength(20)
	})

	it('cuts and heals paths, one way or both', async () => {
		const { clock, network, received, sendAll } = pair({ minDelayMs: 5, maxDelayMs: 5 })
		sendAll(1)
		network.partition('a', 'b')
		await clock.advance(5)
		network.heal('a', 'b')
		network.block('b', 'a')
		sendAll(1)
		await clock.advance(5)
		expect(received).toHaveLength(1)
		expect(network.counters.unreachable).toBe(1)
	})

	it('does not deliver to an endpoint that is gone', async () => {
		const { clock, received, receiver, sendAll } = pair({})
		sendAll(1)
		receiver.detach()
		await clock.advance(0)
		expect(received).toEqual([])
	})

	it('is not disturbed by a sender that reuses its buffer', async () => {
		const { clock, received, sender } = pair({})
		const buffer = Uint8Array.of(1)
		sender.send('b', buffer)
		buffer[0] = 2
		await clock.advance(0)
		expect(numbers(received)).toEqual([1])
	})
})
