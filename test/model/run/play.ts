import { comeToRest } from '../judge/rest.ts'
import type { Scenario } from '../scenario/scenario.ts'
import { RULES, type Rules } from '../world/rules.ts'
import { World } from '../world/world.ts'

/** Plays one scenario from start to rest. Throws `Violation`. */
export function play(scenario: Scenario, rules: Rules = RULES, trace?: (text: string) => void): void {
	const world = new World(scenario, rules, trace)
	world.agenda.pass(500)
	for (const command of scenario.commands) world.do(command)
	comeToRest(world)
}
