import { SeededRandom } from '@vigil/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestPlatform, type TestPlatform } from '../../world/test-platform.ts'
import { havePeers } from '../peers/find-peer.ts'
import { type ModeFigures, runMode } from './mode-run.ts'
import { type Mode, ModeWorld } from './mode-world.ts'

const TRANSITIONS = 6
const CALLS_PER_SECOND = 5
const LIMIT_MS = 90_000
const seed = Number(process.env.VIGIL_TEST_SEED ?? Date.now() % 1_000_000)

describe.skipIf(!havePeers('kamailio', 'sipp', 'baresip'))(`back and forth under constant calls (seed ${seed})`, () => {
	let platform: TestPlatform

	beforeAll(async () => {
		platform = await startTestPlatform({ VIGIL_WAKE_SECONDS: '5' })
	})

	afterAll(() => platform?.close())

	async function run(mode: Mode, swaps = false): Promise<ModeFigures> {
		const world = await ModeWorld.start({ mode, platform, swaps })
		try {
			const random = new SeededRandom(seed)
			const figures = await runMode(world, { transitions: TRANSITIONS, callsPerSecond: CALLS_PER_SECOND, random })
			// Both were at it, or the rest says nothing.
			expect(figures.rungInForeground).toBeGreaterThanOrEqual(TRANSITIONS)
			expect(figures.rungByPush).toBeGreaterThanOrEqual(TRANSITIONS)
			expect(figures.lateUnregisters).toEqual([])
			return figures
		} finally {
			await world.close()
		}
	}

	it(
		'mode 0 at a server for several bindings: no call lost, always somebody bound',
		async () => {
			const { lost, holders } = await run(0)
			expect(lost).toEqual([])
			expect(holders.none.times).toBe(0)
		},
		LIMIT_MS,
	)

	it(
		'mode 1 at a server that refuses a second binding: never two, and two transactions without one',
		async () => {
			const { lost, holders, gapTransactions } = await run(1)
			expect(holders.several.times).toBe(0)
			expect(gapTransactions).toBeLessThanOrEqual(2)
			// Callers of a moment without a binding hear that nobody is there; nobody else is lost.
			expect(lost.filter(({ status }) => status !== 404)).toEqual([])
			// A gap of a busy machine may be longer than the time between two calls.
			const { times, total } = holders.none
			expect(lost.length).toBeLessThanOrEqual(times + (total * CALLS_PER_SECOND) / 1000)
		},
		LIMIT_MS,
	)

	it(
		'mode 1 with the swap, at the same server: no call lost, always exactly one bound',
		async () => {
			const { lost, holders } = await run(1, true)
			expect(lost).toEqual([])
			expect(holders).toMatchObject({ none: { times: 0 }, several: { times: 0 } })
		},
		LIMIT_MS,
	)

	it(
		'mode 2: no call lost, nothing changes upstream, and a call of the app is proven by the service',
		async () => {
			const { lost, holders, registers, callOut } = await run(2)
			expect(lost).toEqual([])
			expect(holders).toMatchObject({ none: { times: 0 }, several: { times: 0 } })
			expect(registers).toBe(0)
			// INVITE and BYE.
			expect(callOut).toEqual({ challenged: 2, admitted: 2 })
		},
		LIMIT_MS,
	)

	it(
		'mode 3 at a server that overwrites: no call lost, always one binding, none removed',
		async () => {
			const { lost, holders } = await run(3)
			expect(lost).toEqual([])
			expect(holders).toMatchObject({ none: { times: 0 }, several: { times: 0 } })
		},
		LIMIT_MS,
	)
})
