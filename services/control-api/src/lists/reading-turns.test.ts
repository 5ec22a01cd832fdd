import { VirtualClock } from '@vigil/testkit'
import { describe, expect, it } from 'vitest'
import { type EndTurn, ReadingTurns } from './reading-turns.ts'

const LIMITS = { atOnce: 2, mostWaiting: 3, restFactor: 2 }

function start() {
	const clock = new VirtualClock()
	const turns = new ReadingTurns(clock, LIMITS)
	const begun: string[] = []
	const ends = new Map<string, EndTurn>()
	const refused: string[] = []
	const ask = (tenant: string, name: string) => {
		void turns.take(tenant).then((end) => {
			if (end === undefined) refused.push(name)
			else {
				begun.push(name)
				ends.set(name, end)
			}
		})
	}
	const settle = () => clock.advance(0)
	return { clock, begun, ends, refused, ask, settle }
}

describe('turns of reading lists', () => {
	it('come at once to whoever asks for a page now and then', async () => {
		const { begun, ask, settle } = start()
		ask('a', 'a1')
		ask('b', 'b1')
		await settle()
		expect(begun).toEqual(['a1', 'b1'])
	})

	it('come to a tenant one after the other, with a rest that follows what the last one took', async () => {
		const { clock, begun, ends, ask, settle } = start()
		ask('a', 'a1')
		ask('a', 'a2')
		await settle()
		await clock.advance(10)
		ends.get('a1')?.()
		ends.get('a1')?.()
		await clock.advance(19)
		expect(begun).toEqual(['a1'])
		await clock.advance(1)
		expect(begun).toEqual(['a1', 'a2'])
	})

	it('come to every tenant in its order, however much one asks for', async () => {
		const { clock, begun, ends, ask, settle } = start()
		for (const name of ['a1', 'a2', 'a3']) ask('a', name)
		ask('b', 'b1')
		ask('c', 'c1')
		await settle()
		expect(begun).toEqual(['a1', 'b1'])
		ends.get('b1')?.()
		await settle()
		expect(begun).toEqual(['a1', 'b1', 'c1'])
		ends.get('a1')?.()
		await clock.advance(1)
		expect(begun.at(-1)).toBe('a2')
	})

	it('are refused to a tenant that waits for too many', async () => {
		const { refused, ask, settle } = start()
		for (const name of ['a1', 'a2', 'a3', 'a4', 'a5']) ask('a', name)
		ask('b', 'b1')
		await settle()
		expect(refused).toEqual(['a5'])
	})
})
