import { describe, expect, it, onTestFailed } from 'vitest'
import { SCENARIOS } from '../faults/options.ts'
import { runScenario } from '../faults/run/run-scenario.ts'
import { CannotMakeFault } from '../faults/scenarios/fault.ts'

/** Long enough for a connection that went mute to be found while calls come in. */
const SECONDS = 8
const RATE = 2

describe('calls to sleeping phones ring, once each, and are on record afterwards', () => {
	it.for(SCENARIOS)('while the store has this fault: %s', async (scenario, { skip }) => {
		const told: string[] = []
		onTestFailed(() => void process.stderr.write(`${told.join('\n')}\n`))
		const running = runScenario({
			scenario,
			seed: 7,
			seconds: SECONDS,
			rate: RATE,
			say: (text) => void told.push(text),
		})
		const result = await running.catch((error: unknown) => {
			if (error instanceof CannotMakeFault) return skip(error.message)
			throw error
		})
		expect(result).toMatchObject({ ok: true, lost: 0, doubled: 0, unpushed: 0, doubledTimelines: 0, failures: [] })
	})
})
