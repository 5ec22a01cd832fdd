import { type RegistrationStatus, UNANSWERED } from '@vigil/domain'
import { VirtualClock } from '@vigil/testkit'
import { describe, expect, it } from 'vitest'
import { EvenFailures, GIVEN_UP_AFTER_MS } from './even-failures.ts'

const SLOT = 7

function scene() {
	const clock = new VirtualClock()
	const reported: number[] = []
	const even = new EvenFailures(clock, (slot) => reported.push(slot))
	const beganAtMs = clock.now()
	const failing = (more: Partial<RegistrationStatus> = {}): RegistrationStatus => ({
		state: 'failing',
		reason: UNANSWERED,
		sinceMs: clock.now(),
		accountVersion: 1,
		nextAttemptMs: clock.now() + 31_000,
		...more,
	})
	const fails = (isKnown: boolean, status = failing()) =>
		even.mayTell(SLOT, status, { beganAtMs, upstream: { isKnown } })
	return { clock, even, reported, beganAtMs, failing, fails }
}

describe('a failure where no SIP server has ever answered', () => {
	it.each([0, 10_000, 31_900])('after %i ms is shown as one of a server that says nothing', async (afterMs) => {
		const { clock, even, reported, beganAtMs, failing, fails } = scene()
		await clock.advance(afterMs)
		const status = failing()
		expect(fails(false, status)).toBe(false)
		expect(even.shown(SLOT, status)).toEqual({ state: 'registering', sinceMs: beganAtMs, accountVersion: 1 })
		await clock.advance(GIVEN_UP_AFTER_MS - afterMs + 200)
		expect(reported).toEqual([SLOT])
		const silent = scene()
		await silent.clock.advance(GIVEN_UP_AFTER_MS)
		const given = silent.failing()
		expect(silent.fails(false, given)).toBe(true)
		const told = { state: 'failing', reason: UNANSWERED, accountVersion: 1 }
		expect(even.shown(SLOT, status)).toEqual({ ...told, sinceMs: beganAtMs + GIVEN_UP_AFTER_MS })
		expect(silent.even.shown(SLOT, given)).toEqual({ ...told, sinceMs: silent.beganAtMs + GIVEN_UP_AFTER_MS })
	})

	it('is not brought forward by the next ones', async () => {
		const { clock, even, reported, failing, fails } = scene()
		fails(false)
		await clock.advance(20_000)
		expect(fails(false, failing())).toBe(false)
		await clock.advance(12_200)
		expect(reported).toEqual([SLOT])
		await clock.advance(40_000)
		expect(fails(false, failing())).toBe(true)
		expect(even.shown(SLOT, failing())).not.toHaveProperty('nextAttemptMs')
	})

	it.each([{ state: 'registered' as const }, { sipStatus: 503 }, { reason: 'wrong user name or password' }])(
		'gives way to what a server says: %j',
		async (news) => {
			const { clock, even, reported, failing, fails } = scene()
			fails(false)
			const status = failing(news)
			expect(fails(false, status)).toBe(true)
			expect(even.shown(SLOT, status)).toEqual(status)
			await clock.advance(GIVEN_UP_AFTER_MS * 2)
			expect(reported).toEqual([])
		},
	)
})

it('a failure of a server that has answered is shown at once, with its next attempt', () => {
	const { even, failing, fails } = scene()
	const status = failing()
	expect([fails(true, status), even.shown(SLOT, status)]).toEqual([true, status])
})
