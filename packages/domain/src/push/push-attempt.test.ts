import { describe, expect, it } from 'vitest'
import { judgeOutcome, type PushOutcome } from './push-attempt.ts'

const UNKNOWN: PushOutcome = { kind: 'dead-token', reason: 'BadDeviceToken', providerStatus: 400, doubtful: true }
const DEAD: PushOutcome = { kind: 'dead-token', reason: 'Unregistered', providerStatus: 410 }
const { doubtful: _, ...plain } = UNKNOWN

describe('what a refusal means for a token', () => {
	it.each<[string, PushOutcome, boolean, PushOutcome]>([
		['one that is unknown and was never taken is dead', UNKNOWN, false, plain],
		['one that was taken before is kept: the set-up is to blame', UNKNOWN, true, { ...plain, kind: 'misconfigured' }],
		['one that is known to be dead is dead', DEAD, true, DEAD],
		['one that is taken again is taken', { kind: 'accepted' }, true, { kind: 'accepted' }],
	])('%s', (_what, outcome, wasAccepted, judged) => {
		expect(judgeOutcome(outcome, wasAccepted)).toEqual(judged)
	})
})
