import fc from 'fast-check'
import { describe, it } from 'vitest'
import { beginTalking, bridgeCommands, comeToRest } from '../../test/bridge-commands.ts'
import { ForkedCall } from '../../test/bridge-forks.ts'
import { BridgeModel } from '../../test/bridge-model.ts'
import { BridgeScene } from '../../test/bridge-scene.ts'
import { forkEvents } from '../../test/fork-events.ts'
import { check } from '../../test/property.ts'

const ON_A_BUSY_MACHINE = { timeout: 120_000 }

const rejections = fc.constantFrom('relay', 'report')
const options = fc.record({
	rejections,
	challenges: fc.constantFrom(undefined, 'caller', 'callee'),
	device: fc.constantFrom(undefined, 'caller', 'callee'),
	earlyDialogs: fc.constantFrom('one', 'each'),
})

describe('a bridge, whatever happens in whatever order', () => {
	it('answers every request once, and its legs live or end together', ON_A_BUSY_MACHINE, () => {
		check(
			fc.property(bridgeCommands, options, fc.boolean(), fc.boolean(), (commands, chosen, talking, alive) => {
				const model = new BridgeModel(chosen.rejections)
				const scene = new BridgeScene(chosen)
				model.observe(scene.effects)
				if (talking) beginTalking(model, scene)
				fc.modelRun(() => ({ model, real: scene }), commands)
				comeToRest(model, scene, alive)
				model.checkAtRest()
			}),
			600,
		)
	})

	it('keeps the ends of a forked call apart, and lets one of them win', ON_A_BUSY_MACHINE, () => {
		check(
			fc.property(forkEvents, rejections, (events, chosen) => {
				const call = new ForkedCall(chosen)
				for (const event of events) call.happen(event)
				call.comeToRest()
				call.checkAtRest(chosen)
			}),
			1_000,
		)
	})
})
