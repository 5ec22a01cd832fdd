import { VirtualClock } from '@vigil/testkit'
import { beforeEach, describe, expect, it } from 'vitest'
import { KeepAlive } from './keep-alive.ts'

let clock: VirtualClock
let happened: string[]
let keepAlive: KeepAlive

beforeEach(() => {
	clock = new VirtualClock()
	happened = []
	keepAlive = new KeepAlive({
		timers: clock,
		intervalMs: 25_000,
		pongTimeoutMs: 10_000,
		ping: () => happened.push('ping'),
		onDead: () => happened.push('dead'),
	})
	keepAlive.start()
})

describe('keep-alive', () => {
	it('pings only after silence', async () => {
		await clock.advance(20_000)
		keepAlive.received(false)
		await clock.advance(20_000)
		expect(happened).toEqual([])
		await clock.advance(5_000)
		expect(happened).toEqual(['ping'])
	})

	it('declares a server dead that used to answer pings', async () => {
		await clock.advance(25_000)
		keepAlive.received(true)
		await clock.advance(25_000 + 10_000)
		expect(happened).toEqual(['ping', 'ping', 'dead'])
	})

	it('goes on with a server that never answers pings', async () => {
		await clock.advance(25_000 + 10_000 + 25_000 + 10_000)
		expect(happened).toEqual(['ping', 'ping'])
		keepAlive.stop()
		expect(clock.pendingTimers).toBe(0)
	})

	it('takes any message for a sign of life', async () => {
		await clock.advance(25_000)
		keepAlive.received(true)
		await clock.advance(25_000 + 9_000)
		keepAlive.received(false)
		await clock.advance(5_000)
		expect(happened).toEqual(['ping', 'ping'])
	})
})
