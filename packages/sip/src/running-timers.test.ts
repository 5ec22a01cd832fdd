import { describe, expect, it } from 'vitest'
import { firstInstant, firstTimer } from './running-timers.ts'

describe('timers of one machine', () => {
	it('are over in the order of their instants, not of their start', () => {
		const running = { B: 32_000, A: 500, H: 700 }
		expect([firstTimer(running), firstInstant(running)]).toEqual(['A', 500])
	})

	it('that are over at the same instant come in the order of their start', () => {
		expect(firstTimer({ E: 4_000, F: 4_000 })).toBe('E')
		expect(firstTimer({ F: 4_000, E: 4_000 })).toBe('F')
	})

	it('may be none, or be over at 0', () => {
		expect([firstTimer({}), firstInstant({})]).toEqual([undefined, undefined])
		expect([firstTimer({ I: 0 }), firstInstant({ I: 0 })]).toEqual(['I', 0])
	})
})
