import type {
	DesiredHolding,
	DeviceActivity,
	HoldingReason,
	RegistrationState,
	RegistrationStatus,
} from '@vigil/domain'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { answerLine, isSettled, type LineFacts } from './line-answer.ts'

const SLEEPS = { activity: 'background', bound: false, unregistered: false } as const
const BACK = { activity: 'foreground', bound: false, unregistered: false } as const
const BACK_AND_BOUND = { ...BACK, bound: true } as const
const HOLD: DesiredHolding = { hold: true, reason: 'device-away' }
const RELEASE: DesiredHolding = { hold: false, reason: 'devices-in-foreground' }

function facts(overrides: Partial<LineFacts> & { state?: RegistrationState; reason?: string }): LineFacts {
	const { state = 'registered', reason, ...rest } = overrides
	const status: RegistrationStatus = {
		state,
		sinceMs: 0,
		accountVersion: 2,
		...(reason === undefined ? {} : { reason }),
	}
	return { statement: SLEEPS, desired: HOLD, othersBound: false, status, current: true, ...rest }
}

describe('the answer for a line in mode 0', () => {
	it.each([
		['asleep, held', {}, 'service', 'unregister', true],
		[
			'asleep, held, and it has unregistered',
			{ statement: { ...SLEEPS, unregistered: true } },
			'service',
			'none',
			true,
		],
		['asleep, held, still bound itself', { statement: { ...SLEEPS, bound: true } }, 'service', 'unregister', true],
		['asleep, held, another one bound', { othersBound: true }, 'both', 'unregister', true],
		['asleep, not yet held', { state: 'registering' }, 'none', 'none', false],
		['asleep, held from before', { current: false }, 'service', 'none', false],
		[
			'asleep, not yet held, still bound',
			{ state: 'registering', statement: { ...SLEEPS, bound: true } },
			'device',
			'none',
			false,
		],
		['asleep, refused', { state: 'rejected' }, 'none', 'none', true],
		[
			'asleep, refused, still bound',
			{ state: 'rejected', statement: { ...SLEEPS, bound: true } },
			'device',
			'none',
			true,
		],
		['asleep, unreachable', { state: 'failing' }, 'none', 'none', true],
		['back, held', { statement: BACK }, 'service', 'register', true],
		['back, refused', { statement: BACK, state: 'rejected' }, 'none', 'register', true],
		['back, an old status', { statement: BACK, current: false }, 'service', 'register', true],
		[
			'back and bound, released',
			{ statement: BACK_AND_BOUND, desired: RELEASE, state: 'unregistered' },
			'device',
			'none',
			true,
		],
		['back and bound, not yet released', { statement: BACK_AND_BOUND, desired: RELEASE }, 'both', 'none', false],
		[
			'back and bound, being released',
			{ statement: BACK_AND_BOUND, desired: RELEASE, state: 'unregistering' },
			'both',
			'none',
			false,
		],
		['back and bound, another one asleep', { statement: BACK_AND_BOUND }, 'both', 'none', true],
	] as const)('%s', (_name, given, holder, next, settled) => {
		expect(answerLine(facts(given))).toEqual({ holder, next, settled })
	})

	it.each([
		['account-disabled', 'the account is disabled'],
		['push-off', 'push is turned off for the account'],
		['no-wakeable-device', 'no device of the account has a live push token'],
	] as const)('says why nothing is held: %s', (reason, text) => {
		const desired: DesiredHolding = { hold: false, reason }
		expect(answerLine(facts({ desired, state: 'unregistered' }))).toEqual({
			holder: 'none',
			next: 'none',
			settled: true,
			reason: text,
		})
		const known = answerLine(facts({ desired, state: 'rejected', reason: 'wrong password' }))
		expect(known.reason).toBeUndefined()
	})
})

const anyFacts: fc.Arbitrary<LineFacts> = fc.record({
	statement: fc.record({
		activity: fc.constantFrom<DeviceActivity[]>('foreground', 'background', 'terminated'),
		bound: fc.boolean(),
		unregistered: fc.boolean(),
	}),
	desired: fc.record({
		hold: fc.boolean(),
		reason: fc.constantFrom<HoldingReason[]>('push-off', 'device-away', 'devices-in-foreground'),
	}),
	othersBound: fc.boolean(),
	status: fc.record({
		state: fc.constantFrom<RegistrationState[]>(
			'unregistered',
			'registering',
			'registered',
			'unregistering',
			'rejected',
			'failing',
		),
		sinceMs: fc.constant(0),
		accountVersion: fc.constant(1),
	}),
	current: fc.boolean(),
})

const seed = process.env.VIGIL_TEST_SEED
const parameters = seed === undefined ? {} : { seed: Number(seed) }

describe('whatever the facts', () => {
	it('a device never gives up its binding before ours stands', () => {
		fc.assert(
			fc.property(anyFacts, (given) => {
				const { next, holder, settled } = answerLine(given)
				if (next !== 'unregister') return
				expect(given.status.state).toBe('registered')
				expect(given.current && settled).toBe(true)
				expect(['service', 'both']).toContain(holder)
			}),
			parameters,
		)
	})

	it('a device in the foreground that is not bound is told to register, and at once', () => {
		fc.assert(
			fc.property(anyFacts, (given) => {
				const { next, settled } = answerLine(given)
				const unboundInForeground = given.statement.activity === 'foreground' && !given.statement.bound
				expect(next === 'register').toBe(unboundInForeground)
				if (unboundInForeground) expect(settled).toBe(true)
			}),
			parameters,
		)
	})

	it('a status of an earlier version settles nothing that has to be waited for', () => {
		fc.assert(
			fc.property(anyFacts, (given) => {
				const { settled } = answerLine({ ...given, current: false })
				expect(settled).toBe(given.statement.activity === 'foreground' && !given.statement.bound)
			}),
			parameters,
		)
	})

	it('waiting ends with the statuses that settle', () => {
		fc.assert(
			fc.property(anyFacts, (given) => {
				const waited = !(given.statement.activity === 'foreground' && !given.statement.bound)
				const { settled } = answerLine({ ...given, current: true })
				if (waited) expect(settled).toBe(isSettled(given.desired, given.status))
			}),
			parameters,
		)
	})
})
