import { describe, expect, it } from 'vitest'
import { NO_LOAD, stepLoad } from './load.ts'

describe('the load of a process', () => {
	const after = (lags: readonly number[], memory = 0) =>
		lags.reduce((load, lagMs) => stepLoad(load, { lagMs, elapsedMs: lagMs + 20, memory }, { lagMs: 400 }), NO_LOAD)

	it('is not the one pause that a collection takes', () => {
		expect(after([300]).level).not.toBe('overloaded')
	})

	it('is overload when every turn is late, until it is so no more', () => {
		const late = Array.from({ length: 10 }, () => 500)
		expect(after(late).level).toBe('overloaded')
		expect(after([...late, ...Array.from({ length: 200 }, () => 0)]).level).toBe('normal')
	})

	it('is strain before it is overload', () => {
		expect(after(Array.from({ length: 20 }, () => 150)).level).toBe('strained')
	})

	it('is overload when the memory is at its end', () => {
		expect([0.5, 0.9, 1].map((memory) => after([0], memory).level)).toEqual(['normal', 'strained', 'overloaded'])
	})
})
