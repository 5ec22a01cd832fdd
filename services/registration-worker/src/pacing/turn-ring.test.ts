import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { TurnRing } from './turn-ring.ts'
import { UpstreamPace } from './upstream-pace.ts'

const seed = process.env.VIGIL_TEST_SEED ? { seed: Number(process.env.VIGIL_TEST_SEED) } : {}

describe('a ring of turns', () => {
	it('goes round as a queue does whose first is put behind the others or dropped', () => {
		const step = fc.oneof(fc.nat(5), fc.constantFrom('turn', 'remove'))
		fc.assert(
			fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
				const upstreams = Array.from({ length: 6 }, () => new UpstreamPace(32, 100))
				const ring = new TurnRing()
				let queue: number[] = []
				for (const step of steps) {
					if (typeof step === 'number') {
						ring.add(upstreams[step] as UpstreamPace)
						if (!queue.includes(step)) queue.push(step)
					} else {
						if (step === 'turn') ring.turn()
						else ring.removeCurrent()
						const [first, ...others] = queue
						queue = step === 'turn' && first !== undefined ? [...others, first] : others
					}
					expect(ring.size).toBe(queue.length)
					expect(ring.all().map((one) => upstreams.indexOf(one))).toEqual(queue)
					expect(ring.current).toBe(ring.all()[0])
				}
			}),
			{ numRuns: 500, ...seed },
		)
	})
})
