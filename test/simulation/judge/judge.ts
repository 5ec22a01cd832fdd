import type { World } from '../world/world.ts'
import { lostCalls, unrungCalls } from './calls.ts'
import type { Evidence } from './evidence.ts'
import { doublePushes } from './pushes.ts'
import { registersOutOfTurn } from './registers.ts'
import { leftAtRest } from './rest.ts'

/** What a world has done that it must never do, in words. */
export function judge(world: World, evidence: Evidence): readonly string[] {
	return [
		...lostCalls(world, evidence),
		...unrungCalls(world, evidence),
		...doublePushes(world),
		...registersOutOfTurn(evidence),
		...leftAtRest(world),
		...world.logger.errors.map((text) => `an error was logged: ${text}`),
		...world.failures.map((error) => `something failed: ${error instanceof Error ? error.stack : String(error)}`),
	]
}
