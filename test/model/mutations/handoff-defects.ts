import { answerLine } from '@vigil/domain'
import type { Mutation } from './mutation.ts'

/** Defects of what becomes of a statement: numbers, leases, answers. */
export const HANDOFF_DEFECTS: readonly Mutation[] = [
	{
		name: 'the last statement to arrive counts, whatever its number',
		breaks: 'last-intent',
		mode: 0,
		rules: { isSuperseded: () => false },
	},
	{
		name: 'a lease never lapses',
		breaks: 'comes-to-rest',
		mode: 3,
		rules: { effectiveActivity: ({ activity }) => activity, leaseEndMs: () => undefined },
	},
	{
		name: 'mode 1 answers `register` at once',
		breaks: 'one-holder',
		mode: 1,
		rules: {
			answerLine: (facts) => {
				const answer = answerLine(facts)
				return facts.mode === 1 && answer.next === 'wait' ? { ...answer, next: 'register' } : answer
			},
		},
	},
	{
		name: 'mode 1 believes a status from before the handoff',
		breaks: 'one-holder',
		mode: 1,
		runs: 40_000,
		rules: { answerLine: (facts) => answerLine({ ...facts, current: true }) },
	},
	{
		name: 'mode 0 answers `unregister` before our binding stands',
		breaks: 'never-none',
		mode: 0,
		rules: {
			answerLine: (facts) => {
				const answer = answerLine(facts)
				const leaves = facts.mode === 0 && facts.statement.activity !== 'foreground' && !facts.statement.unregistered
				return leaves ? { ...answer, next: 'unregister' } : answer
			},
		},
	},
	{
		name: 'mode 3 answers `unregister` to a device that leaves',
		breaks: 'never-none',
		mode: 3,
		rules: {
			answerLine: (facts) => {
				const answer = answerLine(facts)
				const leaves = facts.mode === 3 && facts.statement.activity !== 'foreground' && !facts.statement.unregistered
				return leaves ? { ...answer, next: 'unregister' } : answer
			},
		},
	},
]
