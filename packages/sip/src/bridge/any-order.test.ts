import fc from 'fast-check'
import { describe, it } from 'vitest'
import { beginTalking, bridgeCommands, comeToRest } from '../../test/bridge-commands.ts'
import { BridgeModel } from '../../test/bridge-model.ts'
import { BridgeScene } from '../../test/bridge-scene.ts'
import { check } from '../../test/property.ts'

const options = fc.record({
	rejections: fc.constantFrom('relay', 'report'),
	challenges: fc.constantFrom(undefined, 'caller', 'callee'),
	device: fc.constantFrom(undefined, 'caller', 'callee'),
})

describe('a bridge, whatever happens in whatever order', () => {
	it('answers every request once, and its legs live or end together', () => {
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
})
