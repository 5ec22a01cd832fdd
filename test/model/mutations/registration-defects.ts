import { type Registration, type RegistrationStep, stepRegistration } from '@vigil/domain'
import type { Mutation } from './mutation.ts'

/** Defects of the registration machine: what is sent, and what an answer leads to. */
export const REGISTRATION_DEFECTS: readonly Mutation[] = [
	{
		name: 'a change of the account does not wait for the REGISTER in flight',
		breaks: 'one-in-flight',
		mode: 0,
		rules: {
			stepRegistration: (state, input, now) =>
				stepRegistration(input.type === 'configure' ? { ...state, inFlight: false, phase: 'idle' } : state, input, now),
		},
	},
	{
		name: 'a new owner counts CSeq from the beginning again',
		breaks: 'cseq-rises',
		mode: 2,
		rules: { cseqBase: () => 0 },
	},
	{
		name: 'a repeated REGISTER keeps its CSeq',
		breaks: 'cseq-rises',
		mode: 0,
		rules: {
			stepRegistration: (state, input, now) => {
				const step = stepRegistration(state, input, now)
				return input.type === 'response' ? withCount(step, state.cseqCount) : step
			},
		},
	},
	{
		name: 'the answer to an older attempt counts',
		breaks: 'late-answer',
		mode: 0,
		rules: {
			stepRegistration: (state, input, now) =>
				stepRegistration(state, 'attempt' in input ? { ...input, attempt: state.attempt } : input, now),
		},
	},
	{
		name: 'an answer counts although nothing is in flight',
		breaks: 'late-answer',
		mode: 2,
		rules: {
			stepRegistration: (state, input, now) =>
				stepRegistration('attempt' in input ? { ...state, inFlight: true } : state, input, now),
		},
	},
	{
		name: 'a binding is refreshed only after it has ended',
		breaks: 'never-none',
		mode: 3,
		rules: { stepRegistration: (state, input, now) => refreshedLate(stepRegistration(state, input, now)) },
	},
	{
		name: 'a connection that ends takes nothing with it',
		breaks: 'never-none',
		mode: 2,
		rules: {
			stepRegistration: (state, input, now) =>
				input.type === 'flow-lost' ? { state, effects: [] } : stepRegistration(state, input, now),
		},
	},
	{
		name: 'what was refused for now is never tried again',
		breaks: 'comes-to-rest',
		mode: 2,
		rules: {
			stepRegistration: (state, input, now) => {
				const step = stepRegistration(state, input, now)
				const { phase } = step.state
				return phase === 'backing-off' ? { ...step, state: { ...step.state, dueAtMs: undefined } } : step
			},
		},
	},
]

function withCount(step: RegistrationStep, cseqCount: number): RegistrationStep {
	const effects = step.effects.map((effect) => (effect.type === 'register' ? { ...effect, cseqCount } : effect))
	return { state: { ...step.state, cseqCount }, effects }
}

function refreshedLate({ state, effects }: RegistrationStep): RegistrationStep {
	const late: Registration = state.phase === 'registered' ? { ...state, dueAtMs: state.boundUntilMs + 1000 } : state
	return { state: late, effects }
}
