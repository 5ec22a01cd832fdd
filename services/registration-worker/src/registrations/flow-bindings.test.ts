import type { Flow } from '@vigil/sip-transport'
import { describe, expect, it } from 'vitest'
import { FlowBindings } from './flow-bindings.ts'

/** A flow that the test ends. */
function newFlow() {
	const listeners = new Set<(reason: string) => void>()
	const flow = {
		onClose: (fn: (reason: string) => void) => {
			listeners.add(fn)
			return () => listeners.delete(fn)
		},
	} as unknown as Flow
	return { flow, listeners, end: () => [...listeners].forEach((fn) => void fn('peer')) }
}

function newBindings() {
	const heard: unknown[] = []
	const bindings = new FlowBindings({
		onUse: (_flow, used) => heard.push(used ? 'used' : 'unused'),
		onLost: (slots, _flow, reason) => heard.push([reason, ...slots]),
	})
	return { bindings, heard }
}

describe('the accounts of a flow', () => {
	it('keep it in use until the last has gone', () => {
		const { bindings, heard } = newBindings()
		const { flow, listeners } = newFlow()
		bindings.bind(1, flow)
		bindings.bind(700, flow)
		bindings.bind(1, flow)
		expect(heard).toEqual(['used'])
		bindings.unbind(1)
		bindings.unbind(1)
		expect(heard).toEqual(['used'])
		bindings.unbind(700)
		expect(heard).toEqual(['used', 'unused'])
		expect(listeners.size).toBe(0)
		bindings.bind(1, flow)
		expect(heard).toEqual(['used', 'unused', 'used'])
	})

	it('move to another one', () => {
		const { bindings, heard } = newBindings()
		const [before, after] = [newFlow(), newFlow()]
		bindings.bind(1, before.flow)
		bindings.bind(1, after.flow)
		expect(heard).toEqual(['used', 'used', 'unused'])
		before.end()
		expect(heard).toHaveLength(3)
		after.end()
		expect(heard.slice(3)).toEqual(['unused', ['peer', 1]])
	})

	it('are told when it ends, each once', () => {
		const { bindings, heard } = newBindings()
		const { flow, end } = newFlow()
		bindings.bind(1, flow)
		bindings.bind(3, flow)
		bindings.unbind(3)
		end()
		expect(heard).toEqual(['used', 'unused', ['peer', 1]])
		bindings.unbind(1)
		expect(heard).toHaveLength(3)
	})
})
