import { describe, expect, it } from 'vitest'
import { networkMatcher, networksSetting } from './networks.ts'

describe('networks', () => {
	it('hold the addresses that they hold', () => {
		const has = networkMatcher(['10.0.0.0/8', '192.0.2.7', '2001:db8::/32'])
		expect(['10.9.8.7', '192.0.2.7', '2001:db8::1', '::ffff:10.0.0.1'].map(has)).toEqual([true, true, true, true])
		expect(['11.0.0.1', '192.0.2.8', '2001:db9::1', '', 'proxy.example'].map(has)).toEqual(Array(5).fill(false))
	})

	it.each(['10.0.0.0/33', 'proxy.example', '10.0.0', '::1/129', '10.0.0.1 10.0.0.2'])('are not %s', (text) => {
		expect(networksSetting().safeParse(text).success).toBe(false)
	})

	it('are read from a list', () => {
		expect(networksSetting().parse(' 10.0.0.0/8, ::1 ,')).toEqual(['10.0.0.0/8', '::1'])
		expect(networksSetting().parse('')).toEqual([])
	})
})
