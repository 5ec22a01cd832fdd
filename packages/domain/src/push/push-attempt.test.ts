import { describe, expect, it } from 'vitest'
import { judgeOutcome, type PushOutcome } from './push-attempt.ts'

const UNKNOWN: PushOutcome = { kind: 'dead-token', reason: 'BadDeviceToken', providerStatus: 400, doubtful: true }
const DEAD: PushOutcome = { kind: 'dead-token', reason: 'Unregistered', providerStatus: 410 }
const { doubtful: _, ...plain } = UNKNOWN

describe('what a refusal means for a token', () => {
	it.each<[string, PushOutcome, number | undefined, PushOutcome]>([
		['one that is unknown and was never taken is dead', UNKNOWN, undefined, plain],
		['one that was taken before is kept: the set-up is to blame', UNKNOWN, 5, { ...plain, kind: 'misconfigured' }],
		['one that is known to be dead is dead', DEAD, 5, DEAD],
		['one that is taken again is taken', { kind: 'accepted' }, 5, { kind: 'accepted' }],
	])('%s', (_what, outcome, acceptedAtMs, judged) => {
		expect(judgeOutcome(outcome, acceptedAtMs === undefined ? {} : { acceptedAtMs })).toEqual(judged)
	})
})
