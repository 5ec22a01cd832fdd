import { describe, expect, it } from 'vitest'
import { ManualClock, settled } from '../../test/manual-clock.ts'
import { ConfigError } from '../config/config-error.ts'
import { silentLogger } from '../logger.ts'
import { Lifecycle, type LifecycleStep } from './lifecycle.ts'
import { type ExitCode, type ProcessHost, runProcess } from './run-process.ts'

function program(step: LifecycleStep) {
	const clock = new ManualClock()
	const lines: string[] = []
	const exits: ExitCode[] = []
	const handlers = new Map<string, () => void>()
	const host: ProcessHost = {
		onSignal: (signal, handler) => handlers.set(signal, handler),
		say: (line) => lines.push(line),
		exit: (code) => exits.push(code),
	}
	const lifecycle = new Lifecycle({ clock, logger: silentLogger }).add(step)
	const signal = async (name: string) => {
		handlers.get(name)?.()
		await settled()
	}
	return { clock, lines, exits, signal, run: () => runProcess(lifecycle, { clock, host }) }
}

describe('runProcess', () => {
	it.each(['SIGINT', 'SIGTERM'])('drains and exits 0 on %s', async (name) => {
		const { run, signal, exits, lines } = program({ name: 'api' })
		await run()
		expect(exits).toEqual([])
		await signal(name)
		expect({ exits, lines }).toEqual({ exits: [0], lines: [] })
	})

	it('takes the interrupt that npm hands on for the same one, and a later one at its word', async () => {
		const { run, signal, exits, clock } = program({ name: 'calls', stop: () => new Promise(() => {}) })
		await run()
		await signal('SIGINT')
		await clock.advance(1_999)
		await signal('SIGINT')
		expect(exits).toEqual([])
		await clock.advance(1)
		await signal('SIGINT')
		expect(exits).toEqual([130])
	})

	it('exits 1 and names the part that did not stop in time', async () => {
		const { run, signal, exits, lines, clock } = program({
			name: 'calls',
			stop: () => new Promise(() => {}),
			stopDeadlineMs: 100,
		})
		await run()
		await signal('SIGTERM')
		await clock.advance(100)
		expect({ exits, lines }).toEqual({ exits: [1], lines: ['calls did not stop in time'] })
	})

	it.each([
		[new ConfigError('VIGIL_API_PORT must be set'), 2, 'Settings cannot be used: VIGIL_API_PORT must be set'],
		[new Error('the database refused the connection'), 1, 'Could not start: the database refused the connection'],
	])('prints one sentence when the start fails: %s', async (error, code, line) => {
		const { run, exits, lines } = program({
			name: 'database',
			start: () => {
				throw error
			},
		})
		await run()
		expect({ exits, lines }).toEqual({ exits: [code], lines: [line] })
	})

	it('is silent when the stop came before the start was over', async () => {
		const { promise, resolve } = Promise.withResolvers<void>()
		const { run, signal, exits, lines } = program({ name: 'database', start: () => promise })
		const running = run()
		await signal('SIGINT')
		resolve()
		await running
		await settled()
		expect({ exits, lines }).toEqual({ exits: [0], lines: [] })
	})
})
