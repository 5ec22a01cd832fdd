import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { BoundedMap } from './bounded-map.ts'
import { BoundedSet } from './bounded-set.ts'

describe('BoundedMap', () => {
	it('forgets what was written longest ago', () => {
		const map = new BoundedMap<string, number>(2)
		map.set('a', 1)
		map.set('b', 2)
		map.set('c', 3)
		expect([...map.keys()]).toEqual(['b', 'c'])
		expect(map.get('a')).toBeUndefined()
	})

	it('takes an entry that is written again for the newest, and one that is read for no newer', () => {
		const map = new BoundedMap<string, number>(2)
		map.set('a', 1)
		map.set('b', 2)
		map.set('a', 3)
		map.get('b')
		map.set('c', 4)
		expect([...map.keys()]).toEqual(['a', 'c'])
		expect([...map.values()]).toEqual([3, 4])
	})

	it('tells of what it had to forget, and of nothing that was deleted', () => {
		const forgotten: [string, number | undefined][] = []
		const map = new BoundedMap<string, number | undefined>(1, (key, value) => forgotten.push([key, value]))
		map.set('a', undefined)
		map.set('b', 1)
		expect(map.delete('b')).toBe(true)
		expect(map.delete('b')).toBe(false)
		map.set('c', 2)
		map.set('c', 3)
		expect(forgotten).toEqual([['a', undefined]])
	})

	it('keeps nothing where it may keep nothing', () => {
		const map = new BoundedMap<string, number>(0)
		map.set('a', 1)
		map.set('b', 1)
		expect(map.size).toBe(0)
	})

	it('holds what a plain list would after any writes, deletions and clearings', () => {
		const key = fc.integer({ min: 0, max: 12 })
		const act = fc.oneof(
			{ weight: 20, arbitrary: fc.tuple(fc.constant('set' as const), key) },
			{ weight: 4, arbitrary: fc.tuple(fc.constant('delete' as const), key) },
			{ weight: 1, arbitrary: fc.tuple(fc.constant('clear' as const), key) },
		)
		fc.assert(
			fc.property(fc.integer({ min: 1, max: 9 }), fc.array(act, { maxLength: 300 }), (max, acts) => {
				const map = new BoundedMap<number, number>(max)
				let list: [number, number][] = []
				for (const [index, [kind, at]] of acts.entries()) {
					if (kind === 'clear') {
						map.clear()
						list = []
						continue
					}
					list = list.filter(([known]) => known !== at)
					if (kind === 'delete') map.delete(at)
					else {
						map.set(at, index)
						list = [...list, [at, index] as [number, number]].slice(-max)
					}
					expect([...map.keys()]).toEqual(list.map(([known]) => known))
					expect([...map.values()]).toEqual(list.map(([, value]) => value))
				}
			}),
		)
	})
})

describe('BoundedSet', () => {
	it('forgets what was added longest ago, and says so', () => {
		const forgotten: string[] = []
		const set = new BoundedSet<string>(2, (value) => forgotten.push(value))
		for (const value of ['a', 'b', 'a', 'c']) set.add(value)
		expect([set.has('a'), set.has('b'), set.has('c'), set.size]).toEqual([true, false, true, 2])
		expect(forgotten).toEqual(['b'])
		expect(set.delete('a')).toBe(true)
		expect(set.has('a')).toBe(false)
	})
})
