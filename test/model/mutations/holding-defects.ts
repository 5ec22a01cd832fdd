import { answerLine, type Holding, type HoldingInput, type HoldingStep, lineFacts, stepHolding } from '@vigil/domain'
import type { Mutation } from './mutation.ts'

/** Defects of the holding machine: who holds. */
export const HOLDING_DEFECTS: readonly Mutation[] = [
	{
		name: 'mode 1 binds without asking whether the device is gone',
		breaks: 'one-holder',
		mode: 1,
		rules: {
			stepHolding: (state, input, now) => {
				const step = stepHolding(state, input, now)
				const { phase, query } = step.state
				if (phase !== 'checking' || state.phase === 'checking') return step
				return andThen(step, { type: 'bindings', query, ours: false, others: 0 }, now)
			},
		},
	},
	{
		name: 'mode 1 takes our removal for done before it is confirmed',
		breaks: 'one-holder',
		mode: 1,
		rules: {
			lineFacts: (line, status, version) => {
				const facts = lineFacts(line, status, version)
				return status.holding === 'devices' ? { ...facts, status: { ...status, state: 'unregistered' } } : facts
			},
			stepHolding: (state, input, now) => {
				const step = stepHolding(state, input, now)
				if (step.state.phase !== 'releasing') return step
				return andThen(step, { type: 'registration', state: 'unregistered', mayBeBound: false }, now)
			},
		},
	},
	{
		name: 'mode 1 goes back to holding without asking whether another mode or process gave a device its turn',
		breaks: 'one-holder',
		mode: 1,
		runs: 20_000,
		rules: {
			stepHolding: (state, input, now) => stepHolding({ ...state, othersGone: true }, input, now),
		},
	},
	{
		name: 'mode 1 takes the answer to an older query',
		breaks: 'late-answer',
		mode: 1,
		rules: {
			stepHolding: (state, input, now) =>
				stepHolding(state, 'query' in input ? { ...input, query: state.query } : input, now),
		},
	},
	{
		name: 'mode 1 asks once and never again',
		breaks: 'comes-to-rest',
		mode: 1,
		rules: { stepHolding: (state, input, now) => withoutPolls(stepHolding(state, input, now)) },
	},
	{
		name: 'mode 1 swaps where the server is known to process the first contact alone',
		breaks: 'one-holder',
		mode: 1,
		runs: 20_000,
		rules: {
			stepHolding: (state, input, now) => stepHolding({ ...state, swap: 'works' }, withSwap(input), now),
		},
	},
	{
		name: 'mode 1 tells a device that it may register, and not what to take the place of',
		breaks: 'one-holder',
		mode: 1,
		runs: 20_000,
		rules: {
			answerLine: (facts) => {
				const { replaceContact: _replaceContact, ...answer } = answerLine(facts)
				return answer
			},
		},
	},
	{
		name: 'mode 1 swaps out the binding of a device that is in use',
		breaks: 'one-holder',
		mode: 1,
		runs: 40_000,
		rules: {
			stepHolding: (state, input, now) => {
				const step = stepHolding({ ...state, inUse: false }, input, now)
				return { state: { ...step.state, inUse: false }, effects: step.effects }
			},
		},
	},
	{
		name: 'mode 0 lets go as soon as the device is in use, before it has registered',
		breaks: 'never-none',
		mode: 0,
		rules: { stepHolding: (state, input, now) => stepHolding(state, believed(input), now) },
	},
	{
		name: 'mode 2 lets go while the device is in use',
		breaks: 'never-none',
		mode: 2,
		rules: {
			stepHolding: (state, input, now) =>
				stepHolding(
					state,
					input.type === 'statement' && input.mode === 2 ? believed({ ...input, mode: 0 }) : input,
					now,
				),
		},
	},
	{
		name: 'mode 3 unregisters when the device takes over',
		breaks: 'no-unregister',
		mode: 3,
		rules: { stepHolding: (state, input, now) => releasing(stepHolding(state, input, now)) },
	},
]

function andThen({ state, effects }: HoldingStep, input: HoldingInput, now: number): HoldingStep {
	const next = stepHolding(state, input, now)
	const kept = effects.filter(({ type }) => type !== 'query-bindings')
	return { state: next.state, effects: [...kept, ...next.effects] }
}

/** Whatever was learned, the server counts as one that swaps contacts. */
function withSwap(input: HoldingInput): HoldingInput {
	return input.type === 'statement' ? { ...input, swap: 'works' } : input
}

function withoutPolls({ state, effects }: HoldingStep): HoldingStep {
	return { state: { ...state, dueAtMs: undefined }, effects }
}

/** Takes every device in use for one that says it is registered. */
function believed(input: HoldingInput): HoldingInput {
	if (input.type !== 'statement') return input
	return { ...input, devices: input.devices.map((device) => ({ ...device, registered: device.foreground })) }
}

function releasing({ state, effects }: HoldingStep): HoldingStep {
	const changed: Holding = state.mode === 3 && state.desired === 'abandon' ? { ...state, desired: 'remove' } : state
	return { state: changed, effects }
}
