import { describe, expect, it } from 'vitest'
import { initialHolding, stepHolding } from './machine.ts'
import type { Holding, HoldingDevice, HoldingEffect, HoldingInput } from './types.ts'

const AWAY: HoldingDevice = {
	foreground: false,
	registered: false,
	unregistered: false,
	wakeable: true,
	leaving: false,
	swaps: false,
}
const IN_USE: HoldingDevice = { ...AWAY, foreground: true }

function statement(mode: 0 | 1, ...devices: HoldingDevice[]): HoldingInput {
	return { type: 'statement', mode, enabled: true, devices, swap: 'unknown', registered: true }
}

/** Feeds the inputs in turn; returns the state and the effects of the last one. */
function after(...inputs: HoldingInput[]): { state: Holding; effects: readonly HoldingEffect[] } {
	let step = { state: initialHolding(), effects: [] as readonly HoldingEffect[] }
	for (const input of inputs) step = stepHolding(step.state, input, 1)
	return step
}

function desiredBy({ effects }: { effects: readonly HoldingEffect[] }): string[] {
	return effects.flatMap((effect) => (effect.type === 'desired-binding' ? [effect.desired] : []))
}

const NOTHING_BOUND: HoldingInput = { type: 'bindings', query: 1, ours: false, others: 0 }

describe('single-device emulation', () => {
	it('goes back without a query when nobody was told that it is their turn', () => {
		const step = after(statement(1, AWAY), NOTHING_BOUND, statement(1, IN_USE), statement(1, AWAY))
		expect(step.state.phase).toBe('away')
	})

	it('asks when an earlier process may have told a device that it is its turn', () => {
		const step = after(statement(1, IN_USE), statement(1, AWAY))
		expect(step.state.phase).toBe('checking')
		expect(desiredBy(step)).not.toContain('hold')
	})

	it('asks after a change from a mode in which others may be bound, and gives way to them', () => {
		const changed = after(statement(0, AWAY), statement(1, AWAY))
		expect(changed.state.phase).toBe('checking')
		expect(desiredBy(changed)).toEqual(['abandon'])
		const found = stepHolding(changed.state, { type: 'bindings', query: 1, ours: true, others: 1 }, 2)
		expect(found.state.phase).toBe('waiting')
		expect(desiredBy(found)).toEqual(['remove'])
		const free = stepHolding(changed.state, NOTHING_BOUND, 2)
		expect(desiredBy(free)).toEqual(['hold'])
	})

	it('waits for a server that does not answer, whatever the devices say', () => {
		const said = statement(1, { ...AWAY, unregistered: true })
		const silent = after(said, { type: 'no-bindings', query: 1, cause: 'unanswered' })
		expect(silent.state).toMatchObject({ phase: 'waiting', dueAtMs: 1001 })
		expect(silent.effects).toEqual([{ type: 'blocking-reason', reason: 'the SIP server does not answer' }])
		expect(stepHolding(silent.state, { type: 'due' }, 1001).effects).toEqual([{ type: 'query-bindings', query: 2 }])
	})

	it('removes its own contact to learn of others where a server answers no query', () => {
		let step = after(statement(1, { ...AWAY, unregistered: true }))
		const removals: number[] = []
		for (let query = 1; query <= 6; query++) {
			step = stepHolding(step.state, { type: 'no-bindings', query, cause: 'unanswered' }, query * 1e6)
			if (desiredBy(step).includes('remove')) removals.push(query)
			else step = stepHolding(step.state, { type: 'due' }, step.state.dueAtMs ?? 0)
		}
		expect(removals).toEqual([4])
	})

	it('lets go of what it has from another mode before it takes the word of the devices', () => {
		const said = { ...AWAY, unregistered: true }
		const unlisted = after(statement(0, said), statement(1, said), {
			type: 'no-bindings',
			query: 1,
			cause: 'untold',
		})
		expect(desiredBy(unlisted)).toEqual(['remove'])
		expect(unlisted.effects).toContainEqual({ type: 'query-bindings', query: 2 })
		expect(desiredBy(stepHolding(unlisted.state, { type: 'no-bindings', query: 2, cause: 'untold' }, 2))).toEqual([
			'hold',
		])
	})

	it('does not take the word of the sleeping for that of a registered device that no push can wake', () => {
		const said = { ...AWAY, unregistered: true }
		const unlisted: HoldingInput = { type: 'no-bindings', query: 1, cause: 'untold' }
		const again: HoldingInput = { type: 'no-bindings', query: 2, cause: 'untold' }
		const phaseWith = (device: HoldingDevice) => after(statement(1, said, device), unlisted, again).state.phase
		expect(phaseWith({ ...IN_USE, registered: true, wakeable: false })).toBe('waiting')
		expect(phaseWith({ ...AWAY, wakeable: false })).toBe('away')
		expect(phaseWith({ ...IN_USE, wakeable: false })).toBe('away')
	})
})
