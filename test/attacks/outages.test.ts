import { until } from '@vigil/testkit'
import { describe, expect, it, onTestFailed } from 'vitest'
import { SCENARIOS } from '../faults/options.ts'
import { runScenario } from '../faults/run/run-scenario.ts'
import { FAULTS } from '../faults/scenarios/catalogue.ts'
import { CannotMakeFault } from '../faults/scenarios/fault.ts'
import { TestWorld } from '../world/test-world.ts'

/** Long enough for a connection that went mute to be found while calls come in. */
const SECONDS = 8
const RATE = 2

describe('a handoff while the database is away', () => {
	it('is answered by 503 and when to come again, and honestly as soon as it is back', async () => {
		const fault = await FAULTS['postgres-mute']()
		const world = await TestWorld.start(fault.settings)
		try {
			const { phone } = await world.sleepingUser()
			const { deviceToken: token } = phone.device.identity
			const handoff = () =>
				fetch(`${world.platform.addresses.api}/v1/devices/me/handoff`, {
					method: 'POST',
					headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
					body: JSON.stringify({ state: 'background' }),
				})
			await fault.begin()
			const asked = await Promise.all([handoff(), handoff(), handoff()])
			for (const response of [...asked, await handoff()]) {
				expect([response.status, response.headers.get('retry-after')]).toEqual([503, '5'])
			}
			await fault.heal()
			await until(async () => (await handoff()).status === 200)
			expect((await phone.device.handoff('background')).lines).toMatchObject([{ holder: 'service' }])
		} finally {
			await fault.heal()
			await world.close()
			await fault.close()
		}
	})
})

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
