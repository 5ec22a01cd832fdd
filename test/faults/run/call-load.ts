import { setTimeout as pause } from 'node:timers/promises'
import { parsePushPayload } from '@vigil/contracts'
import { type SeededRandom, until } from '@vigil/testkit'
import type { SleepingUser, TestWorld } from '../../world/test-world.ts'

/** One call and what became of it. */
export interface PlacedCall {
	readonly sipCallId: string
	readonly user: SleepingUser
	/** From the INVITE to the phone's 200, milliseconds; undefined when it was not answered. */
	readonly answeredAfterMs?: number
	/** Why not. */
	readonly failure?: string
}

/** A caller waits no longer. */
const PATIENCE_MS = 40_000
/** Phones for each call a second: a call takes less than so many seconds from one sleep to the next. */
const PHONES_EACH = 4
const TALK_MS = { least: 50, most: 400 } as const

/** Phones that sleep, and callers who call them at a steady rate. */
export class CallLoad {
	readonly calls: PlacedCall[] = []
	readonly users: readonly SleepingUser[]
	readonly #world: TestWorld
	readonly #random: SeededRandom
	readonly #asleep: SleepingUser[]
	readonly #running = new Set<Promise<void>>()

	private constructor(world: TestWorld, random: SeededRandom, users: readonly SleepingUser[]) {
		this.#world = world
		this.#random = random
		this.users = users
		this.#asleep = [...users]
	}

	static async start(world: TestWorld, random: SeededRandom, rate: number): Promise<CallLoad> {
		const users: SleepingUser[] = []
		for (let i = 0; i < rate * PHONES_EACH; i++) users.push(await world.sleepingUser())
		return new CallLoad(world, random, users)
	}

	/** Calls for so long; resolves when the last one has been placed. `progress` hears of each. */
	async run(seconds: number, rate: number, progress: () => void): Promise<void> {
		const endMs = performance.now() + seconds * 1000
		for (let dueMs = performance.now(); dueMs < endMs; dueMs += this.#gapMs(rate)) {
			await pause(Math.max(0, dueMs - performance.now()))
			const user = await until(() => this.#asleep.shift(), { what: 'a phone that sleeps', deadlineMs: PATIENCE_MS })
			const call = this.#call(user).then(progress)
			this.#running.add(call)
			call.finally(() => this.#running.delete(call))
		}
	}

	/** Resolves when every call has ended. */
	async settled(): Promise<void> {
		await Promise.all(this.#running)
	}

	/**
	 * The notifications that the provider was asked to deliver for each call, by the Call-ID, each with how often: one whose answer stayed
	 * away is asked for once more, by the same id.
	 */
	pushes(): ReadonlyMap<string, ReadonlyMap<string, number>> {
		const calls = new Map<string, Map<string, number>>()
		for (const { payload, headers } of this.#world.platform.pushes.server.requests) {
			const notice = parsePushPayload(payload)
			if (notice?.event !== 'call') continue
			const ids = calls.get(notice.sipCallId) ?? new Map<string, number>()
			calls.set(notice.sipCallId, ids)
			const id = String(headers['apns-id'])
			ids.set(id, (ids.get(id) ?? 0) + 1)
		}
		return calls
	}

	/** Callers do not wait for each other. */
	#gapMs(rate: number): number {
		return (2000 * this.#random.next()) / rate
	}

	async #call(user: SleepingUser): Promise<void> {
		const startedMs = performance.now()
		const call = this.#world.dial(user.username)
		const common = { sipCallId: call.callId, user }
		try {
			await call.answered({ deadlineMs: PATIENCE_MS })
			const answeredAfterMs = performance.now() - startedMs
			const own = user.phone.calls.some(({ sipCallId }) => sipCallId === call.callId)
			this.calls.push(own ? { ...common, answeredAfterMs } : { ...common, failure: 'somebody else answered' })
			await pause(this.#random.integer(TALK_MS.least, TALK_MS.most))
			await call.bye()
		} catch (error) {
			this.calls.push({ ...common, failure: error instanceof Error ? error.message : String(error) })
		}
		await user.phone.close().catch(() => {})
		this.#asleep.push(user)
	}
}
