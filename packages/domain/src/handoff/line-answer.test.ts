import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { RegistrationMode } from '../account/account.ts'
import type { RegistrationState, RegistrationStatus } from '../account/registration-status.ts'
import type { DeviceActivity } from '../device/device.ts'
import type { HoldingPhase } from '../holding/holding-phase.ts'
import type { Decision } from '../holding/types.ts'
import type { LineFacts } from './line.ts'
import { answerLine, needsNoWait } from './line-answer.ts'

const SLEEPS = { activity: 'background', bound: false, unregistered: false } as const
const SLEEPS_UNBOUND = { ...SLEEPS, unregistered: true } as const
const SLEEPS_BOUND = { ...SLEEPS, bound: true } as const
const BACK = { activity: 'foreground', bound: false, unregistered: false } as const
const BACK_AND_BOUND = { ...BACK, bound: true } as const

interface Given extends Partial<LineFacts> {
	readonly state?: RegistrationState
	readonly holding?: HoldingPhase
	readonly why?: string
}

function facts({ state = 'registered', holding, why, ...rest }: Given): LineFacts {
	const status: RegistrationStatus = {
		state,
		sinceMs: 0,
		accountVersion: 2,
		...(holding === undefined ? {} : { holding }),
		...(why === undefined ? {} : { reason: why }),
	}
	return { statement: SLEEPS, mode: 0, decision: 'service', othersBound: false, status, current: true, ...rest }
}

describe('the answer for a line in mode 0', () => {
	it.each([
		['asleep, held', {}, 'service', 'unregister', true],
		['asleep, held, and it has unregistered', { statement: SLEEPS_UNBOUND }, 'service', 'none', true],
		['asleep, held, still bound itself', { statement: SLEEPS_BOUND }, 'service', 'unregister', true],
		['asleep, held, another one bound', { othersBound: true }, 'both', 'unregister', true],
		['asleep, not yet held', { state: 'registering' }, 'none', 'none', false],
		['asleep, held from before', { current: false }, 'service', 'none', false],
		['asleep, not yet held, still bound', { state: 'registering', statement: SLEEPS_BOUND }, 'device', 'none', false],
		['asleep, refused', { state: 'rejected' }, 'none', 'none', true],
		['asleep, refused, still bound', { state: 'rejected', statement: SLEEPS_BOUND }, 'device', 'none', true],
		['asleep, unreachable', { state: 'failing' }, 'none', 'none', true],
		['back, held', { statement: BACK }, 'service', 'register', true],
		['back, refused', { statement: BACK, state: 'rejected' }, 'none', 'register', true],
		['back, an old status', { statement: BACK, current: false }, 'service', 'register', true],
		[
			'back and bound, released',
			{ statement: BACK_AND_BOUND, decision: 'devices', state: 'unregistered' },
			'device',
			'none',
			true,
		],
		['back and bound, not yet released', { statement: BACK_AND_BOUND, decision: 'devices' }, 'both', 'none', false],
		[
			'back and bound, being released',
			{ statement: BACK_AND_BOUND, decision: 'devices', state: 'unregistering' },
			'both',
			'none',
			false,
		],
		['back and bound, another one asleep', { statement: BACK_AND_BOUND }, 'both', 'none', true],
	] as const)('%s', (_name, given, holder, next, settled) => {
		expect(answerLine(facts(given))).toEqual({ holder, next, settled })
	})

	it('waits no longer where the server overwrites bindings, and the service leaves it to the devices', () => {
		const given = facts({ state: 'unregistered', holding: 'devices', othersBound: true })
		expect(answerLine(given).settled).toBe(false)
		const status = { ...given.status, blockingReason: 'the SIP server keeps only the newest binding' }
		expect(answerLine({ ...given, status })).toEqual({ holder: 'device', next: 'none', settled: true })
	})

	it('says why nothing is held, unless the registration does', () => {
		const off = { decision: 'off', offBecause: 'push is turned off for the account', state: 'unregistered' } as const
		const answer = { holder: 'none', next: 'none', settled: true }
		expect(answerLine(facts(off))).toEqual({ ...answer, reason: 'push is turned off for the account' })
		expect(answerLine(facts({ ...off, state: 'rejected', why: 'wrong password' })).reason).toBeUndefined()
	})
})

const TURN = { statement: BACK, decision: 'devices', state: 'unregistered', holding: 'devices' } as const
const OFF = { decision: 'off', state: 'unregistered', holding: 'off' } as const

describe('the answer for a line in mode 1', () => {
	it.each<[string, Given, string, string, boolean]>([
		['back, ours gone', TURN, 'none', 'register', true],
		['back, ours gone, refused before', { ...TURN, state: 'rejected' }, 'none', 'register', true],
		['back, ours not asked to go yet', { ...TURN, current: false }, 'none', 'wait', false],
		['back, ours still there', { ...TURN, state: 'registered', holding: 'releasing' }, 'service', 'wait', false],
		['back, ours going', { ...TURN, state: 'unregistering', holding: 'releasing' }, 'service', 'wait', false],
		['back, the removal not confirmed', { ...TURN, state: 'failing', holding: 'releasing' }, 'none', 'wait', false],
		['back, ours on its way', { ...TURN, state: 'registering', holding: 'releasing' }, 'none', 'wait', false],
		['back and bound', { ...TURN, statement: BACK_AND_BOUND }, 'device', 'none', true],
		['back beside one that is bound', { ...TURN, othersBound: true }, 'device', 'wait', false],
		['back, with no token, others asleep', { ...TURN, decision: 'service', holding: 'away' }, 'none', 'attach', true],
		['back, push off', { ...OFF, statement: BACK }, 'none', 'register', true],
		['back, push off, ours going', { ...OFF, statement: BACK, state: 'unregistering' }, 'service', 'wait', false],
		[
			'asleep, still bound',
			{ statement: SLEEPS_BOUND, state: 'unregistered', current: false },
			'device',
			'unregister',
			true,
		],
		[
			'asleep, unbound, being looked at',
			{ statement: SLEEPS_UNBOUND, state: 'unregistered', holding: 'checking' },
			'none',
			'none',
			false,
		],
		[
			'asleep, unbound, a binding found',
			{ statement: SLEEPS_UNBOUND, state: 'unregistered', holding: 'waiting' },
			'none',
			'none',
			false,
		],
		['asleep, a binding found', { state: 'unregistered', holding: 'waiting' }, 'none', 'unregister', true],
		['asleep, held', { statement: SLEEPS_UNBOUND, holding: 'away' }, 'service', 'none', true],
		['asleep, refused', { state: 'rejected', holding: 'away' }, 'none', 'none', true],
		['asleep, bound, another one in use', { ...TURN, statement: SLEEPS_BOUND }, 'device', 'unregister', true],
		['asleep, bound, push off', { ...OFF, statement: SLEEPS_BOUND }, 'device', 'none', true],
	])('%s', (_name, given, holder, next, settled) => {
		const answer = answerLine(facts({ mode: 1, ...given }))
		expect([answer.holder, answer.next, answer.settled]).toEqual([holder, next, settled])
	})

	it('says what a second device waits for', () => {
		expect(answerLine(facts({ mode: 1, ...TURN, othersBound: true })).blockingReason).toMatch(/^another device/)
	})
})

describe('the answer for a line in mode 2', () => {
	it.each<[string, Given, string, string, boolean]>([
		['back', { statement: BACK }, 'service', 'attach', true],
		[
			'back, before anything is known',
			{ statement: BACK, state: 'unregistered', current: false },
			'none',
			'attach',
			true,
		],
		['back, registered on other lines', { statement: BACK_AND_BOUND }, 'service', 'attach', true],
		['asleep, held', {}, 'service', 'none', true],
		['asleep, registered on other lines', { statement: SLEEPS_BOUND }, 'service', 'none', true],
		['asleep, not held yet', { state: 'registering' }, 'none', 'none', false],
		['back, push off', { ...OFF, statement: BACK }, 'none', 'register', true],
	])('%s', (_name, given, holder, next, settled) => {
		const answer = answerLine(facts({ mode: 2, ...given }))
		expect([answer.holder, answer.next, answer.settled]).toEqual([holder, next, settled])
	})
})

describe('the answer for a line in mode 3', () => {
	it.each<[string, Given, string, string, boolean]>([
		['back, nothing of ours under way', TURN, 'none', 'register', true],
		['back, a REGISTER of ours under way', { ...TURN, state: 'registering' }, 'none', 'wait', false],
		['back, an old status', { ...TURN, current: false }, 'none', 'wait', false],
		['back and bound', { ...TURN, statement: BACK_AND_BOUND }, 'device', 'none', true],
		['back and bound over ours', { ...TURN, statement: BACK_AND_BOUND, state: 'registered' }, 'device', 'none', false],
		['back beside one that is bound', { ...TURN, othersBound: true }, 'device', 'register', true],
		['asleep, held', { statement: SLEEPS_BOUND }, 'service', 'none', true],
		['asleep, not held yet', { statement: SLEEPS_BOUND, state: 'registering' }, 'device', 'none', false],
	])('%s', (_name, given, holder, next, settled) => {
		const answer = answerLine(facts({ mode: 3, ...given }))
		expect([answer.holder, answer.next, answer.settled]).toEqual([holder, next, settled])
	})
})

const anyFacts: fc.Arbitrary<LineFacts> = fc.record({
	statement: fc
		.record({
			activity: fc.constantFrom<DeviceActivity[]>('foreground', 'background', 'terminated'),
			bound: fc.boolean(),
			unregistered: fc.boolean(),
		})
		.map((one) => ({ ...one, unregistered: one.unregistered && !one.bound })),
	mode: fc.constantFrom<RegistrationMode[]>(0, 1, 2, 3),
	decision: fc.constantFrom<Decision[]>('service', 'devices', 'off'),
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
		holding: fc.constantFrom<HoldingPhase[]>('off', 'away', 'releasing', 'checking', 'waiting', 'devices'),
		sinceMs: fc.constant(0),
		accountVersion: fc.constant(1),
	}),
	current: fc.boolean(),
})

const seed = process.env.VIGIL_TEST_SEED
const parameters = { numRuns: 2000, ...(seed === undefined ? {} : { seed: Number(seed) }) }

function always(says: (given: LineFacts, answer: ReturnType<typeof answerLine>) => void): void {
	fc.assert(
		fc.property(anyFacts, (given) => says(given, answerLine(given))),
		parameters,
	)
}

describe('whatever the facts', () => {
	it('a device gives up its binding before ours stands in mode 1 only', () => {
		always((given, { next }) => {
			if (next !== 'unregister' || given.mode === 1) return
			expect([given.status.state, given.current]).toEqual(['registered', true])
		})
	})

	it('nobody is told to unregister in mode 3, nor in mode 2 while the service holds', () => {
		always((given, { next }) => {
			if (given.mode === 3 || (given.mode === 2 && given.decision !== 'off')) expect(next).not.toBe('unregister')
		})
	})

	it('in modes 1 and 3 a device registers only when nothing of ours is bound or under way', () => {
		always((given, { next }) => {
			if (next !== 'register' || given.mode === 0 || given.mode === 2) return
			expect(given.current).toBe(true)
			expect(['unregistered', 'rejected']).toContain(given.status.state)
			if (given.decision === 'devices') expect(given.status.holding).toBe('devices')
			if (given.mode === 1 && given.decision === 'devices') expect(given.othersBound).toBe(false)
		})
	})

	it('in modes 0 and 2 a device in the foreground that is not bound never waits', () => {
		always((given, { next, settled }) => {
			if (given.statement.activity !== 'foreground' || given.statement.bound || given.mode % 2 === 1) return
			expect(settled).toBe(true)
			expect(next).toBe(given.mode === 2 && given.decision !== 'off' ? 'attach' : 'register')
		})
	})

	it('a device that has something to do is not kept waiting, and one that is to wait is', () => {
		always((_given, { next, settled }) => {
			if (next === 'wait') expect(settled).toBe(false)
			else if (next !== 'none') expect(settled).toBe(true)
		})
	})

	it('what is answered at once does not depend on what the owner of the account does', () => {
		always((given, answer) => {
			if (needsNoWait(given)) expect(answer.settled).toBe(true)
		})
	})
})
