import { SeededRandom } from '@vigil/testkit'
import { Evidence } from '../judge/evidence.ts'
import { judge } from '../judge/judge.ts'
import type { Defect } from '../world/defect.ts'
import { scenarioOf, USUAL_SIZE, type WorldSize } from '../world/scenario.ts'
import { World } from '../world/world.ts'

/** How long a world goes on after the last that happens to it: calls end, registrations at edges lapse, forgotten ones come back. */
const TO_REST_MS = 700_000

/** What became of a seed. */
export interface Played {
	readonly seed: number
	/** What it must never do, and did. */
	readonly violations: readonly string[]
	/** The same for the same seed, always. */
	readonly trace: string
	readonly calls: number
	readonly events: number
}

/** Plays the world of a seed from its start to its end. */
export async function simulate(seed: number, size: WorldSize = USUAL_SIZE, defect?: Defect): Promise<Played> {
	const random = new SeededRandom(seed)
	const scenario = scenarioOf(random.fork(), size)
	const evidence = new Evidence()
	const world = new World(random, size, evidence, defect)
	const { clock } = world
	await world.open(scenario, size)
	const beganMs = clock.now()
	for (const { atMs, happening } of scenario.planned) {
		await clock.advance(Math.max(0, beganMs + atMs - clock.now()))
		world.happen(happening)
	}
	await clock.advance(TO_REST_MS)
	const violations = [...judge(world, evidence), ...(await world.close())]
	return { seed, violations, trace: evidence.wire.digest, calls: world.calls.length, events: evidence.wire.events }
}
