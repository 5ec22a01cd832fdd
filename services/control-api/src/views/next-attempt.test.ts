import type { RegistrationStatus } from '@vigil/domain'
import { describe, expect, it } from 'vitest'
import { withNextAttempt } from './next-attempt.ts'

const BOUND: RegistrationStatus = {
	state: 'registered',
	sinceMs: 1000,
	nextAttemptMs: 481_000,
	grantedExpiresSeconds: 600,
	accountVersion: 1,
}

describe('the next attempt', () => {
	it.each([
		{ nowMs: 2000, next: 481_000 },
		{ nowMs: 481_000, next: 481_000 },
		{ nowMs: 481_001, next: 961_000 },
		{ nowMs: 10_000_000, next: 10_081_000 },
	])('at $nowMs is at $next', ({ nowMs, next }) => {
		expect(withNextAttempt(BOUND, nowMs).nextAttemptMs).toBe(next)
	})

	it('is never further than the binding lasts', () => {
		expect(withNextAttempt({ ...BOUND, sinceMs: -9_000_000 }, 482_000).nextAttemptMs).toBe(1_081_000)
	})

	it.each([
		{ ...BOUND, state: 'failing' as const },
		{ ...BOUND, state: 'rejected' as const },
		{ ...BOUND, grantedExpiresSeconds: 0 },
		{ ...BOUND, sinceMs: 481_000 },
	])('of anything else is not told once it is past', (status) => {
		expect(withNextAttempt(status, 480_000)).toBe(status)
		expect(withNextAttempt(status, 1_000_000)).not.toHaveProperty('nextAttemptMs')
	})
})
