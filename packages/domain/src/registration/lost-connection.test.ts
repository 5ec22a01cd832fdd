import { describe, expect, it } from 'vitest'
import { expiresOf, RegistrationBench } from '../../test/registrar-model.ts'

function lost(bench: RegistrationBench) {
	return bench.input({ type: 'failed', attempt: bench.last.attempt, cause: 'flow-lost' })
}

describe('a connection that ends under a REGISTER', () => {
	it('is no failure at first: the same REGISTER is due soon, at the same target, and nothing is shown', () => {
		const bench = new RegistrationBench()
		bench.hold()
		bench.accept()
		bench.due()
		expect(lost(bench)).toEqual([])
		expect(bench.state.status.state).toBe('registered')
		expect(bench.state.dueAtMs - bench.nowMs).toBeLessThanOrEqual(500)
		bench.due()
		expect(expiresOf(bench.last.request)).toBe(600)
		expect(bench.accept()).toEqual([])
		expect(bench.state.failures).toBe(0)
	})

	it('is one the second time, with a wait and another target', () => {
		const bench = new RegistrationBench()
		bench.hold()
		lost(bench)
		bench.due()
		expect(lost(bench).map(({ type }) => type)).toEqual(['next-target', 'status'])
		expect(bench.state.status).toMatchObject({ state: 'failing' })
		expect(bench.state.dueAtMs - bench.nowMs).toBeGreaterThanOrEqual(2000)
	})

	it('has a removal sent again soon too', () => {
		const bench = new RegistrationBench()
		bench.hold()
		bench.accept()
		bench.release()
		lost(bench)
		expect(bench.state.dueAtMs - bench.nowMs).toBeLessThanOrEqual(500)
		bench.due()
		expect(expiresOf(bench.last.request)).toBe(0)
	})
})

describe('a look that is asked for', () => {
	const look = (bench: RegistrationBench, waitingOnly: boolean) =>
		bench.input({ type: 'look', spreadMs: 2000, waitingOnly })

	it('has a binding refreshed soon, unless only those are meant that wait', () => {
		const bench = new RegistrationBench()
		bench.hold()
		bench.accept()
		const { dueAtMs } = bench.state
		look(bench, true)
		expect(bench.state.dueAtMs).toBe(dueAtMs)
		look(bench, false)
		expect(bench.state.dueAtMs).toBeLessThanOrEqual(2000)
	})

	it('shortens what a server in trouble has asked for, and never makes it longer', () => {
		const bench = new RegistrationBench()
		bench.hold()
		bench.answer(503, [['Retry-After', '300']])
		expect(bench.state.dueAtMs).toBe(300_000)
		look(bench, true)
		const { dueAtMs } = bench.state
		expect(dueAtMs).toBeLessThanOrEqual(2000)
		bench.nowMs += 500
		look(bench, true)
		expect(bench.state.dueAtMs).toBe(dueAtMs)
	})

	it('leaves alone what waits for a reason of the account’s own, or does not wait', () => {
		const bench = new RegistrationBench()
		bench.hold()
		bench.answer(486)
		const { dueAtMs } = bench.state
		look(bench, false)
		expect(bench.state.dueAtMs).toBe(dueAtMs)
		bench.release()
		bench.answer(200)
		look(bench, false)
		expect(bench.state).toMatchObject({ phase: 'idle', dueAtMs: 0 })
	})
})
