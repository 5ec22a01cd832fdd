import { describe, expect, it } from 'vitest'
import { ManualClock } from '../../test/manual-clock.ts'
import { type Due, type MachineDriver, MachineRunner } from './machine-runner.ts'

/** Counts its inputs, says each as an effect, and is due when it was told to be. */
interface Counting {
	readonly seen: readonly string[]
	readonly dueAtMs: number | undefined
}
type Input = { readonly type: 'word'; readonly words: readonly string[]; readonly dueAtMs?: number | undefined }
type Bench = ReturnType<typeof bench>

const NEW: Counting = { seen: [], dueAtMs: undefined }

function step(state: Counting, input: Input | Due, nowMs: number) {
	if (input.type === 'due')
		return { state: { seen: [...state.seen, 'due'], dueAtMs: undefined }, effects: [`due ${nowMs}`] }
	const dueAtMs = 'dueAtMs' in input ? input.dueAtMs : state.dueAtMs
	return { state: { seen: [...state.seen, input.words.join('+')], dueAtMs }, effects: input.words }
}

function word(...words: string[]): Input {
	return { type: 'word', words }
}

/** A runner of the machine above; `on` says what an effect does to the world. */
function bench(
	on: Record<string, (bench: Bench) => void> = {},
	options: Partial<MachineDriver<Counting, Input, string>> = {},
) {
	const clock = new ManualClock()
	const log: string[] = []
	const failures: string[] = []
	let timersSet = 0
	const driver: MachineDriver<Counting, Input, string> = {
		clock: {
			now: () => clock.now(),
			setTimer: (delayMs, fn) => {
				timersSet++
				return clock.setTimer(delayMs, fn)
			},
			clearTimer: (handle) => clock.clearTimer(handle),
		},
		step,
		execute: (effect) => {
			log.push(effect)
			on[effect]?.(self)
			log.push(`${effect} done`)
		},
		failed: (error) => failures.push(String(error)),
		...options,
	}
	const runner = new MachineRunner<Counting, Input, string>(driver, NEW)
	const self = { clock, log, failures, runner, timersSet: () => timersSet }
	return self
}

function boom(text = 'boom') {
	return () => {
		throw new Error(text)
	}
}

describe('inputs that effects cause', () => {
	it('wait until the effects of the step are done, in the order in which they came', () => {
		const { runner, log } = bench({
			a: ({ runner }) => {
				runner.input(word('x'))
				runner.input(word('y'))
			},
			x: ({ runner }) => runner.input(word('z')),
		})
		runner.input(word('a', 'b'))
		expect(log).toEqual(['a', 'a done', 'b', 'b done', 'x', 'x done', 'y', 'y done', 'z', 'z done'])
		expect(runner.state.seen).toEqual(['a+b', 'x', 'y', 'z'])
	})

	it('wait for the effects of the start too', () => {
		const { runner, log } = bench({ first: ({ runner }) => runner.input(word('x')) })
		runner.begin(['first', 'second'])
		expect(log).toEqual(['first', 'first done', 'second', 'second done', 'x', 'x done'])
	})

	it('see the input that brought an effect about, each its own', () => {
		const brought: unknown[] = []
		const { runner } = bench(
			{},
			{
				execute: (effect, input) => {
					brought.push([effect, input])
					if (effect === 'a') runner.input(word('x'))
				},
			},
		)
		runner.begin(['start'])
		runner.input(word('a', 'b'))
		const first = word('a', 'b')
		expect(brought).toEqual([
			['start', undefined],
			['a', first],
			['b', first],
			['x', word('x')],
		])
	})

	it('find the state of the step before, in `moved` before its effects and in `settled` after them', () => {
		const log: string[] = []
		const { runner } = bench(
			{},
			{
				moved: ({ seen }) => log.push(`moved ${seen.at(-1)}`),
				execute: (effect) => {
					log.push(effect)
					if (effect === 'a') runner.input(word('x'))
				},
				settled: () => log.push('settled'),
			},
		)
		runner.input(word('a', 'b'))
		expect(log).toEqual(['moved a+b', 'a', 'b', 'settled', 'moved x', 'x', 'settled'])
	})

	it('may come from `settled`', () => {
		const { runner } = bench({}, { settled: () => runner.state.seen.length < 3 && runner.input(word('more')) })
		runner.input(word('a'))
		expect(runner.state.seen).toEqual(['a', 'more', 'more'])
	})
})

describe('settling', () => {
	it('is at once when nothing is under way, and once for each step otherwise', () => {
		let settled = 0
		const { runner } = bench({ a: ({ runner }) => runner.settle() }, { settled: () => settled++ })
		runner.settle()
		expect(settled).toBe(1)
		runner.input(word('a'))
		expect(settled).toBe(2)
	})
})

describe('an effect that throws', () => {
	it('is thrown at whoever gave the input, after the other effects and all that waited', () => {
		const { runner, log, failures } = bench({
			a: ({ runner }) => {
				runner.input(word('x'))
				throw new Error('boom')
			},
		})
		expect(() => runner.input(word('a', 'b'))).toThrow('boom')
		expect(log).toEqual(['a', 'b', 'b done', 'x', 'x done'])
		expect(runner.state.seen).toEqual(['a+b', 'x'])
		expect(failures).toEqual([])
	})

	it('leaves the runner ready for the next input', () => {
		const { runner, log } = bench({ a: boom() })
		expect(() => runner.input(word('a'))).toThrow('boom')
		runner.input(word('b'))
		expect(log).toEqual(['a', 'b', 'b done'])
	})

	it('is told to `failed` where its input waited, and the rest goes on', () => {
		const { runner, failures, log } = bench({
			a: ({ runner }) => {
				runner.input(word('bad'))
				runner.input(word('x'))
			},
			bad: boom(),
		})
		runner.input(word('a'))
		expect(failures).toEqual(['Error: boom'])
		expect(log).toEqual(['a', 'a done', 'bad', 'x', 'x done'])
	})

	it('is told to `failed` where another effect of the step has thrown already', () => {
		const { runner, failures } = bench({ a: boom('first'), b: boom('second') })
		expect(() => runner.input(word('a', 'b'))).toThrow('first')
		expect(failures).toEqual(['Error: second'])
	})

	it('is told to `failed` where the timer brought it about', async () => {
		const { runner, clock, failures } = bench({ [`due ${1_000_000 + 50}`]: boom() })
		runner.input({ ...word('a'), dueAtMs: clock.now() + 50 })
		await clock.advance(50)
		expect(failures).toEqual(['Error: boom'])
		expect(runner.state.seen).toEqual(['a', 'due'])
	})

	it('undoes an atomic step: the state and its timer are what they were, the effects after it are left out', async () => {
		const { runner, clock, log } = bench({ b: boom() }, { isAtomic: true })
		runner.input({ ...word('a'), dueAtMs: clock.now() + 50 })
		expect(() => runner.input({ ...word('b', 'c'), dueAtMs: undefined })).toThrow('boom')
		expect(runner.state).toEqual({ seen: ['a'], dueAtMs: clock.now() + 50 })
		expect(log).toEqual(['a', 'a done', 'b'])
		await clock.advance(50)
		expect(runner.state.seen).toEqual(['a', 'due'])
	})

	it('does not undo an atomic step that the timer brought about, which would come again and again', async () => {
		const { runner, clock, failures } = bench({ [`due ${1_000_000 + 50}`]: boom() }, { isAtomic: true })
		runner.input({ ...word('a'), dueAtMs: clock.now() + 50 })
		await clock.advance(50)
		expect(failures).toEqual(['Error: boom'])
		expect(runner.state.dueAtMs).toBeUndefined()
	})

	it('is nothing else than a step that throws', () => {
		const { runner } = bench(
			{},
			{
				step: (state, input, nowMs) => {
					if (input.type === 'word' && input.words[0] === 'bad') throw new RangeError('no such word')
					return step(state, input, nowMs)
				},
			},
		)
		expect(() => runner.input(word('bad'))).toThrow(RangeError)
		runner.input(word('b'))
		expect(runner.state.seen).toEqual(['b'])
	})

	it('does not lose what waits when `settled` throws', () => {
		const { runner, failures } = bench({ a: ({ runner }) => runner.input(word('x')) }, { settled: boom('unsettled') })
		runner.input(word('a'))
		expect(runner.state.seen).toEqual(['a', 'x'])
		expect(failures).toEqual(['Error: unsettled', 'Error: unsettled'])
	})
})

describe('the timer', () => {
	it('fires at the instant that the state asks for, once', async () => {
		const { runner, clock, log } = bench()
		const dueAtMs = clock.now() + 100
		runner.input({ ...word('a'), dueAtMs })
		await clock.advance(99)
		expect(runner.state.seen).toEqual(['a'])
		await clock.advance(1)
		expect(runner.state.seen).toEqual(['a', 'due'])
		expect(log.at(-2)).toBe(`due ${dueAtMs}`)
		expect(clock.pending).toBe(0)
	})

	it('is armed anew only when the instant is another one', () => {
		const { runner, clock, timersSet } = bench()
		const dueAtMs = clock.now() + 100
		runner.input({ ...word('a'), dueAtMs })
		runner.input({ ...word('b'), dueAtMs })
		runner.input(word('c'))
		expect(timersSet()).toBe(1)
		runner.input({ ...word('d'), dueAtMs: dueAtMs + 1 })
		expect(timersSet()).toBe(2)
		expect(clock.pending).toBe(1)
		runner.input({ ...word('e'), dueAtMs: undefined })
		expect(clock.pending).toBe(0)
	})

	it('is armed once for all that was done in one go', () => {
		const { runner, clock, timersSet } = bench({
			a: ({ runner, clock }) => runner.input({ ...word('x'), dueAtMs: clock.now() + 7 }),
		})
		runner.input({ ...word('a'), dueAtMs: clock.now() + 100 })
		expect(timersSet()).toBe(1)
		expect(runner.state.dueAtMs).toBe(clock.now() + 7)
	})

	it('is armed for the state that the machine starts with', async () => {
		const clock = new ManualClock()
		const driver = { clock, step, execute: () => {}, failed: () => {} }
		const runner = new MachineRunner<Counting, Input, string>(driver, { seen: [], dueAtMs: clock.now() + 5 })
		runner.begin([])
		await clock.advance(5)
		expect(runner.state.seen).toEqual(['due'])
	})

	it('waits on where the platform fires early', async () => {
		const clock = new ManualClock()
		const early = {
			now: () => clock.now() - 0.5,
			setTimer: clock.setTimer.bind(clock),
			clearTimer: clock.clearTimer.bind(clock),
		}
		const driver = { clock: early, step, execute: () => {}, failed: () => {} }
		const runner = new MachineRunner<Counting, Input, string>(driver, NEW)
		runner.input({ ...word('a'), dueAtMs: clock.now() })
		const firesAtMs = clock.now()
		await clock.advance(0.25)
		expect(runner.state.seen).toEqual(['a'])
		await clock.advance(0.25)
		expect([runner.state.seen, clock.now() - firesAtMs]).toEqual([['a', 'due'], 0.5])
	})

	it('outlasts what the platform can count', async () => {
		const { runner, clock } = bench()
		const dueAtMs = clock.now() + 2 ** 32
		runner.input({ ...word('a'), dueAtMs })
		await clock.advance(2 ** 31 - 1)
		expect([runner.state.seen, clock.pending]).toEqual([['a'], 1])
		await clock.advance(2 ** 31 - 1)
		await clock.advance(2)
		expect(runner.state.seen).toEqual(['a', 'due'])
	})

	it('fires by the process’s clock, whatever the wall clock is set to', async () => {
		const { runner, clock } = bench()
		runner.input({ ...word('a'), dueAtMs: clock.now() + 100 })
		clock.wallAheadMs = 86_400_000
		await clock.advance(99)
		expect(runner.state.seen).toEqual(['a'])
		await clock.advance(1)
		expect(runner.state.seen).toEqual(['a', 'due'])
	})
})

describe('a runner that is stopped', () => {
	it('takes no input, and has no timer', async () => {
		const { runner, clock, log } = bench()
		runner.input({ ...word('a'), dueAtMs: clock.now() + 100 })
		runner.stop()
		expect(clock.pending).toBe(0)
		runner.input(word('late'))
		expect([runner.state.seen, log]).toEqual([['a'], ['a', 'a done']])
	})

	it('leaves out the rest of the step under way, and what waits', () => {
		let settled = 0
		const { runner, clock, log } = bench(
			{
				a: ({ runner }) => {
					runner.input(word('x'))
					runner.stop()
					runner.input(word('y'))
				},
			},
			{ settled: () => settled++ },
		)
		runner.input({ ...word('a', 'b'), dueAtMs: clock.now() + 100 })
		expect(log).toEqual(['a', 'a done'])
		expect([runner.state.seen, clock.pending, settled]).toEqual([['a+b'], 0, 0])
	})
})
