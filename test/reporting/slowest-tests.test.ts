import { expect, it } from 'vitest'
import { slowest } from './slowest-tests.ts'

it('names the ten slowest tests, longest first, and none that is quick', () => {
	const tests = Array.from({ length: 30 }, (_, index) => ({ name: `test ${index}`, ms: index * 100 }))
	const lines = slowest(tests)
	expect(lines).toHaveLength(10)
	expect(lines[0]).toBe('   2.9 s  test 29')
	expect(slowest(tests.slice(0, 10))).toEqual([])
})
