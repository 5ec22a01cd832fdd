import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Device, PushToken } from '../device/device.ts'
import type { PushTokenKind } from '../device/push-token-kinds.ts'
import type { AccountId, DeviceId, PushAppId, PushTokenId, TenantId } from '../ids.ts'
import type { PushIntent, PushOutcome, PushOutcomeKind } from './push-attempt.ts'
import {
	retryPauseMs,
	startWake,
	stepWake,
	tokensFor,
	type WakeEffect,
	type WakeInput,
	type WakeState,
	type WakeStep,
} from './wake-strategy.ts'

const seed = process.env.VIGIL_TEST_SEED ? { seed: Number(process.env.VIGIL_TEST_SEED) } : {}
const START = 1_767_225_600_000
const DEADLINE = START + 10_000
const REGISTERED = START - 60_000

function token(id: string, kind: PushTokenKind = 'voip', retired = false): PushToken {
	return {
		id: id as PushTokenId,
		deviceId: 'd' as DeviceId,
		pushAppId: 'p' as PushAppId,
		kind,
		token: `token-${id}`,
		registeredAtMs: REGISTERED,
		...(retired && { retiredAtMs: REGISTERED + 1 }),
	}
}

function device(...pushTokens: PushToken[]): Device {
	return {
		id: 'd' as DeviceId,
		tenantId: 't' as TenantId,
		platform: 'ios',
		instanceId: 'urn:uuid:1',
		activity: 'background',
		activitySinceMs: REGISTERED,
		registeredUpstream: false,
		pushTokens,
		lines: ['a' as AccountId],
		createdAtMs: REGISTERED,
	}
}

/** Plays inputs, each with the milliseconds since the start at which it comes. */
function play(inputs: readonly [number, WakeInput][], intent: PushIntent = 'call'): WakeStep {
	let step = startWake({ intent, deadlineMs: DEADLINE }, START)
	for (const [atMs, input] of inputs) step = stepWake(step.state, input, START + atMs)
	return step
}

function found(...tokens: PushToken[]): WakeInput {
	return { type: 'found', device: device(...tokens) }
}

function outcome(kind: PushOutcomeKind, more: Partial<PushOutcome> = {}): WakeInput {
	return { type: 'outcome', outcome: { kind, ...more } }
}

describe('the tokens of an intent', () => {
	const all = device(token('v'), token('a', 'alert'), token('f', 'fcm'), token('x', 'voip', true))

	it.each<[PushIntent, string[]]>([
		['call', ['v', 'f']],
		['call-cancelled', ['f']],
		['refresh', ['a', 'f']],
		['test', ['a', 'f', 'v']],
	])('%s uses %j', (intent, ids) => {
		expect(tokensFor(intent, all).map(({ id }) => id)).toEqual(ids)
	})
})

describe('a wake', () => {
	it('looks the device up, then pushes to its best token at once', () => {
		expect(startWake({ intent: 'call', deadlineMs: DEADLINE }, START).effects).toEqual([{ type: 'look-up' }])
		const best = token('1')
		expect(play([[0, found(best, token('2'))]]).effects).toEqual([{ type: 'send', token: best, attempt: 1 }])
	})

	it('ends when a provider accepts', () => {
		const { state, effects } = play([
			[0, found(token('1'))],
			[5, outcome('accepted', { providerStatus: 200 })],
		])
		expect(effects).toEqual([
			{
				type: 'finish',
				result: { kind: 'accepted', attempts: 1, outcome: { kind: 'accepted', providerStatus: 200 } },
			},
		])
		expect(stepWake(state, { type: 'due' }, START + 6)).toEqual({ state, effects: [] })
	})

	it('is expired when the deadline is over before anything was done', () => {
		const { effects } = startWake({ intent: 'call', deadlineMs: START }, START)
		expect(effects).toEqual([{ type: 'finish', result: { kind: 'expired', attempts: 0 } }])
	})

	it.each<[string, WakeInput, string]>([
		['an unknown device', { type: 'found', device: undefined }, 'no-device'],
		['a device without tokens', found(), 'no-token'],
		['a device with retired tokens only', found(token('1', 'voip', true)), 'no-token'],
	])('ends for %s', (_what, input, kind) => {
		expect(play([[0, input]]).effects).toEqual([{ type: 'finish', result: { kind, attempts: 0 } }])
	})

	it('goes on with the next token at once when one is dead, and retires the dead one', () => {
		const [first, second] = [token('1'), token('2', 'fcm')]
		const { effects } = play([
			[0, found(first, second)],
			[3, outcome('dead-token', { reason: 'Unregistered', deadSinceMs: REGISTERED + 5 })],
		])
		expect(effects).toEqual([
			{ type: 'retire', token: first, reason: 'Unregistered', notAfterMs: REGISTERED + 5 },
			{ type: 'send', token: second, attempt: 2 },
		])
	})

	it('guards the retirement by when the token was handed in when the provider gives no date', () => {
		const { effects } = play([
			[7, found(token('1'))],
			[9, outcome('dead-token')],
		])
		expect(effects[0]).toMatchObject({ type: 'retire', reason: 'dead-token', notAfterMs: REGISTERED })
	})

	it('keeps a token that was handed in again after its death', () => {
		const { effects } = play([
			[0, found(token('1'))],
			[3, outcome('dead-token', { deadSinceMs: REGISTERED - 1 })],
		])
		expect(effects.map(({ type }) => type)).toEqual(['finish'])
	})

	it.each<PushOutcomeKind>(['misconfigured', 'rejected'])('keeps the token and tries the next one after %s', (kind) => {
		const second = token('2')
		const { effects } = play([
			[0, found(token('1'), second)],
			[3, outcome(kind)],
		])
		expect(effects).toEqual([{ type: 'send', token: second, attempt: 2 }])
	})

	it('waits longer after each failure and pushes to the same token again', () => {
		const only = token('1')
		const failed = play([
			[0, found(only)],
			[10, outcome('retry')],
		])
		expect(failed).toMatchObject({ state: { dueAtMs: START + 260 }, effects: [] })
		const again = stepWake(failed.state, { type: 'due' }, START + 260)
		expect(again.effects).toEqual([{ type: 'send', token: only, attempt: 2 }])
		expect(again.state.dueAtMs).toBeUndefined()
		const later = stepWake(again.state, outcome('retry'), START + 270)
		expect(later).toMatchObject({ state: { dueAtMs: START + 770 }, effects: [] })
	})

	it('does not wait beyond the deadline: the next token, else the end', () => {
		const second = token('2')
		const tooLate = outcome('retry', { retryAfterMs: 60_000 })
		const next = play([
			[0, found(token('1'), second)],
			[10, tooLate],
		])
		expect(next.effects).toEqual([{ type: 'send', token: second, attempt: 2 }])
		expect(stepWake(next.state, tooLate, START + 20).effects).toEqual([
			{
				type: 'finish',
				result: { kind: 'refused', attempts: 2, outcome: { kind: 'retry', retryAfterMs: 60_000 } },
			},
		])
	})

	it('leaves a VoIP push alone whose answer stayed away, for it may have been delivered', () => {
		const silent = outcome('retry', { unanswered: true })
		const { effects } = play([
			[0, found(token('1'), token('f', 'fcm'))],
			[1500, silent],
		])
		expect(effects).toMatchObject([{ type: 'finish', result: { kind: 'unanswered', attempts: 1 } }])
	})

	it('repeats a push by FCM once that got no answer, as the app knows the call by its id', () => {
		const silent = outcome('retry', { unanswered: true })
		const again = play([
			[0, found(token('f', 'fcm'))],
			[3000, silent],
			[3250, { type: 'due' }],
		])
		expect(again.effects).toMatchObject([{ type: 'send', attempt: 2 }])
		expect(stepWake(again.state, silent, START + 6000).effects).toMatchObject([
			{ type: 'finish', result: { kind: 'unanswered', attempts: 2 } },
		])
	})

	it('looks the device up again while there is time', () => {
		const failed = play([[0, { type: 'look-up-failed' }]])
		expect(failed).toMatchObject({ state: { dueAtMs: START + 250 }, effects: [] })
		expect(stepWake(failed.state, { type: 'due' }, START + 250).effects).toEqual([{ type: 'look-up' }])
		const late = play([[9_900, { type: 'look-up-failed' }]])
		expect(late.effects).toEqual([{ type: 'finish', result: { kind: 'unavailable', attempts: 0 } }])
	})

	it('waits for nothing when it is abandoned', () => {
		const { state, effects } = play([
			[0, found(token('1'))],
			[10, outcome('retry')],
			[20, { type: 'abandon' }],
		])
		expect(effects.map(({ type }) => type)).toEqual(['finish'])
		expect(state.dueAtMs).toBeUndefined()
	})

	it('sends nothing more once the device is awake', () => {
		const waiting = play([
			[0, found(token('1'))],
			[10, outcome('retry')],
			[20, { type: 'awake' }],
		])
		expect(waiting.effects).toEqual([
			{ type: 'finish', result: { kind: 'needless', attempts: 1, outcome: { kind: 'retry' } } },
		])
	})

	it('still hears the answer to the request under way when the device is awake', () => {
		const sending = play([
			[0, found(token('1'), token('2'))],
			[20, { type: 'awake' }],
		])
		expect(sending.effects).toEqual([])
		const end = (kind: PushOutcomeKind) => stepWake(sending.state, outcome(kind), START + 30).effects
		expect(end('accepted')).toMatchObject([{ type: 'finish', result: { kind: 'accepted' } }])
		expect(end('retry')).toMatchObject([{ type: 'finish', result: { kind: 'needless' } }])
		expect(end('dead-token')).toMatchObject([{ type: 'retire' }, { type: 'finish', result: { kind: 'needless' } }])
	})

	it('tells of a cancelled call though the device is awake', () => {
		const { effects } = play(
			[
				[0, { type: 'awake' }],
				[1, found(token('1', 'fcm'))],
			],
			'call-cancelled',
		)
		expect(effects).toMatchObject([{ type: 'send' }])
	})

	it('doubles its pause up to a limit and respects a longer one that the provider asks for', () => {
		expect([1, 2, 3, 4, 5, 6].map((failures) => retryPauseMs(failures))).toEqual([250, 500, 1000, 2000, 4000, 4000])
		expect(retryPauseMs(1, 3000)).toBe(3000)
	})
})

const kinds: PushOutcomeKind[] = ['accepted', 'dead-token', 'retry', 'misconfigured', 'rejected', 'expired']
const inputs: fc.Arbitrary<WakeInput> = fc.oneof(
	fc.subarray(['1', '2', '3']).map((ids) => found(...ids.map((id) => token(id)))),
	fc.constant<WakeInput>({ type: 'look-up-failed' }),
	fc.record({
		type: fc.constant('outcome' as const),
		outcome: fc.record({ kind: fc.constantFrom(...kinds), unanswered: fc.boolean() }),
	}),
	fc.constant<WakeInput>({ type: 'due' }),
	fc.constant<WakeInput>({ type: 'awake' }),
	fc.constant<WakeInput>({ type: 'abandon' }),
)

describe('any order of inputs', () => {
	it('keeps one thing under way, sends nothing late or to a retired token, and ends once', () => {
		fc.assert(
			fc.property(fc.array(fc.tuple(inputs, fc.nat(3000)), { maxLength: 40 }), (list) => {
				const seen: { effect: WakeEffect; atMs: number; before: WakeState }[] = []
				let nowMs = START
				let step = startWake({ intent: 'call', deadlineMs: DEADLINE }, nowMs)
				const retired = new Set<string>()
				for (const [input, passedMs] of list) {
					nowMs += passedMs
					const before = step.state
					step = stepWake(before, input, nowMs)
					for (const effect of step.effects) seen.push({ effect, atMs: nowMs, before })
				}
				for (const { effect, atMs, before } of seen) {
					expect(before.phase).not.toBe('done')
					if (effect.type === 'retire') retired.add(effect.token.id)
					if (effect.type !== 'send') continue
					expect(atMs).toBeLessThan(DEADLINE)
					expect(retired.has(effect.token.id)).toBe(false)
					expect(before.awake).toBe(false)
					expect(effect.attempt).toBeLessThanOrEqual(10)
				}
				expect(step.state.dueAtMs !== undefined).toBe(step.state.phase.startsWith('waiting'))
				const ends = seen.filter(({ effect }) => effect.type === 'finish').length
				expect(ends).toBe(step.state.phase === 'done' ? 1 : 0)
			}),
			seed,
		)
	})
})
