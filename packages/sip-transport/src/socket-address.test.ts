import { describe, expect, it } from 'vitest'
import { addressOf, isLoopback, isWildcard, plainHost } from './socket-address.ts'

describe('socket addresses', () => {
	it('gives IPv4 peers of dual-stack sockets their IPv4 form', () => {
		expect(addressOf('::ffff:192.0.2.1', 5060)).toEqual({ host: '192.0.2.1', port: 5060 })
		expect(addressOf('2001:db8::1', 5060)).toEqual({ host: '2001:db8::1', port: 5060 })
		expect(addressOf(undefined, undefined)).toEqual({ host: '', port: 0 })
		expect(plainHost('[2001:db8::1]')).toBe('2001:db8::1')
	})

	it('knows loopback and wildcard addresses', () => {
		expect(['127.0.0.1', '127.9.9.9', '::1', '192.0.2.1', '::'].map(isLoopback)).toEqual([
			true,
			true,
			true,
			false,
			false,
		])
		expect(['0.0.0.0', '::', '127.0.0.1'].map(isWildcard)).toEqual([true, true, false])
	})
})
