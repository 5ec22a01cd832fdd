import { describe, expect, it } from 'vitest'
import type { KeepAliveOptions } from '../listen-options.ts'
import { FlowHealth } from './flow-health.ts'

const limits = { messageTimeoutMs: 10_000, firstMessageTimeoutMs: 32_000, idleTimeoutMs: 600_000 }
const keepAlive: KeepAliveOptions = { intervalMs: 100_000, pongTimeoutMs: 10_000, expectPong: 'seen' }

function outbound(change: Partial<KeepAliveOptions> = {}): FlowHealth {
	return new FlowHealth({ direction: 'outbound', limits, keepAlive: { ...keepAlive, ...change }, random: () => 0 }, 0)
}

function inbound(): FlowHealth {
	return new FlowHealth({ direction: 'inbound', limits, keepAlive: undefined, random: () => 0 }, 0)
}

/** Asks at every instant that the health itself names, until `untilMs`. */
function run(health: FlowHealth, untilMs: number): string[] {
	const log: string[] = []
	while (health.nextCheckAt <= untilMs) {
		const at = health.nextCheckAt
		const verdict = health.due(at)
		if (verdict) log.push(`${at} ${verdict.type === 'ping' ? 'ping' : verdict.reason}`)
		if (verdict?.type === 'close') break
	}
	return log
}

describe('FlowHealth of a flow that we opened', () => {
	it('pings after 80 to 100 % of the interval', () => {
		expect(run(outbound(), 250_000)).toEqual(['80000 ping', '160000 ping', '240000 ping'])
		const late = new FlowHealth({ direction: 'outbound', limits, keepAlive, random: () => 0.999_999 }, 0)
		expect(late.nextCheckAt).toBeCloseTo(100_000, 0)
	})

	it('does not hold silence against a peer that has never answered a ping', () => {
		expect(run(outbound(), 1_000_000).every((line) => line.endsWith('ping'))).toBe(true)
	})

	it('is dead when a peer that used to answer does not', () => {
		const health = outbound()
		expect(run(health, 80_000)).toEqual(['80000 ping'])
		expect(health.crlfs(1)).toEqual({ pings: 0, pong: true })
		expect(run(health, 300_000)).toEqual(['160000 ping', '170000 keep-alive'])
	})

	it('is dead at the first missing pong when pongs are always expected', () => {
		expect(run(outbound({ expectPong: 'always' }), 300_000)).toEqual(['80000 ping', '90000 keep-alive'])
	})

	it('stops pinging when told, and starts again', () => {
		const health = outbound()
		health.setKeepAlive(undefined, 0)
		expect(health.nextCheckAt).toBe(Number.POSITIVE_INFINITY)
		health.setKeepAlive({ ...keepAlive, intervalMs: 10_000 }, 50_000)
		expect(run(health, 60_000)).toEqual(['58000 ping'])
	})

	it('has no silence limit', () => {
		const health = new FlowHealth({ direction: 'outbound', limits, keepAlive: undefined, random: () => 0 }, 0)
		expect(health.nextCheckAt).toBe(Number.POSITIVE_INFINITY)
	})
})

describe('FlowHealth of an accepted flow', () => {
	it('ends without a first message, even when pings come', () => {
		const health = inbound()
		health.received(30_000, false)
		expect(health.crlfs(2)).toEqual({ pings: 1, pong: false })
		expect(run(health, 100_000)).toEqual(['32000 idle'])
	})

	it('ends after long silence, counted from the last bytes', () => {
		const health = inbound()
		health.message()
		health.received(100_000, false)
		expect(run(health, 1_000_000)).toEqual(['700000 idle'])
	})

	it('ends when a message does not become whole, however often a byte comes', () => {
		const health = inbound()
		health.message()
		for (const at of [1000, 5000, 9000]) health.received(at, true)
		expect(run(health, 100_000)).toEqual(['11000 slow-message'])
	})

	it('counts the time of each message anew', () => {
		const health = inbound()
		health.received(1000, true)
		health.message()
		health.received(9000, true)
		expect(health.nextCheckAt).toBe(19_000)
	})
})

describe('FlowHealth and CRLFs', () => {
	it('takes two halves for a ping when no pong is open', () => {
		const health = inbound()
		expect(health.crlfs(1)).toEqual({ pings: 0, pong: false })
		expect(health.crlfs(1)).toEqual({ pings: 1, pong: false })
	})

	it('tells a ping from a pong while one is open', () => {
		const health = outbound()
		run(health, 80_000)
		expect(health.crlfs(2)).toEqual({ pings: 1, pong: false })
		expect(health.crlfs(3)).toEqual({ pings: 1, pong: true })
	})

	it('forgets half a ping when a message follows', () => {
		const health = inbound()
		health.crlfs(1)
		health.message()
		expect(health.crlfs(1)).toEqual({ pings: 0, pong: false })
	})
})

describe('FlowHealth after a stall of the process', () => {
	it('judges only after the flow could be read', () => {
		const health = outbound({ expectPong: 'always' })
		run(health, 80_000)
		expect(health.due(120_000)).toBeUndefined()
		health.crlfs(1)
		expect(health.due(health.nextCheckAt)).toEqual({ type: 'ping' })
	})

	it('still finds a dead flow', () => {
		const health = outbound({ expectPong: 'always' })
		run(health, 80_000)
		expect(health.due(120_000)).toBeUndefined()
		expect(health.due(health.nextCheckAt)).toEqual({ type: 'close', reason: 'keep-alive' })
	})
})
