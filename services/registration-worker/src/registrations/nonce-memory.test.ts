import { describe, expect, it } from 'vitest'
import { NonceMemory } from './nonce-memory.ts'

const CHALLENGE = 'Digest realm="pbx", nonce="n2"'
const STALE = `${CHALLENGE}, stale=true`

describe('a nonce that a server refuses', () => {
	it('speaks of a new beginning when it is younger than those that were taken, and ever less when that goes on', () => {
		const memory = new NonceMemory()
		memory.taken(250_000)
		expect(memory.refused(249_500, 'pbx', STALE)).toBe(false)
		expect([1, 2, 3, 4].map(() => memory.refused(100_000, 'pbx', STALE))).toEqual([true, true, false, false])
	})

	it('says nothing at a server that takes each for one use or for a short time', () => {
		const memory = new NonceMemory()
		expect(memory.refused(400_000, 'pbx', CHALLENGE)).toBe(false)
		memory.taken(20_000)
		expect(memory.refused(400_000, 'pbx', CHALLENGE)).toBe(false)
	})

	it('speaks of one when it is none of the server’s, where others were only too old', () => {
		const memory = new NonceMemory()
		expect(memory.refused(400_000, 'pbx', STALE)).toBe(false)
		expect(memory.refused(400_000, 'pbx', STALE.replace('true', 'TRUE'))).toBe(false)
		expect(memory.refused(400_000, 'pbx', CHALLENGE)).toBe(true)
	})

	it('speaks of one when it is as old as those that were taken, and not called too old', () => {
		const memory = new NonceMemory()
		memory.taken(15_000)
		expect(memory.refused(15_100, 'pbx', STALE)).toBe(false)
		const other = new NonceMemory()
		other.taken(15_000)
		expect(other.refused(15_100, 'pbx', CHALLENGE)).toBe(true)
	})

	it('speaks of one when the realm is another', () => {
		expect(new NonceMemory().refused(400_000, 'asterisk', CHALLENGE)).toBe(true)
	})
})
