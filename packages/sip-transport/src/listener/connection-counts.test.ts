import { describe, expect, it } from 'vitest'
import { ConnectionCounts } from './connection-counts.ts'

describe('ConnectionCounts', () => {
	it('bounds the connections of one source and of all', () => {
		const counts = new ConnectionCounts(3, 2)
		expect(counts.take('192.0.2.1')).toBeDefined()
		const free = counts.take('192.0.2.1')
		expect(counts.take('192.0.2.1')).toBeUndefined()
		expect(counts.take('192.0.2.2')).toBeDefined()
		expect(counts.take('192.0.2.3')).toBeUndefined()
		free?.()
		free?.()
		expect(counts.total).toBe(2)
		expect(counts.take('192.0.2.1')).toBeDefined()
		expect(counts.take('192.0.2.3')).toBeUndefined()
	})

	it('counts the addresses of an IPv6 /64 together', () => {
		const counts = new ConnectionCounts(10, 1)
		expect(counts.take('2001:db8::1')).toBeDefined()
		expect(counts.take('2001:db8::2')).toBeUndefined()
		expect(counts.take('2001:db8:0:1::2')).toBeDefined()
	})
})
