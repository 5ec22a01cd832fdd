import { describe, expect, it } from 'vitest'
import { ManualClock, settled } from '../../test/manual-clock.ts'
import { silentLogger } from '../logger.ts'
import { Lifecycle, StoppedWhileStarting } from './lifecycle.ts'

function lifecycle() {
	const clock = new ManualClock()
	const log: string[] = []
	const step = (name: string) => ({
		name,
		start: () => void log.push(`+${name}`),
		stop: () => void log.push(`-${name}`),
	})
	return { clock, log, step, life: new Lifecycle({ clock, logger: silentLogger }) }
}

describe('Lifecycle', () => {
	it('starts in order and stops in reverse, once', async () => {
		const { life, log, step } = lifecycle()
		life.add(step('database')).add(step('queue')).add(step('api'))
		await life.start()
		const [report, again] = await Promise.all([life.stop(), life.stop()])
		expect(log).toEqual(['+database', '+queue', '+api', '-api', '-queue', '-database'])
		expect(report).toEqual({ late: [], failed: [] })
		expect(again).toBe(report)
	})

	it('stops what runs when a later part cannot start', async () => {
		const { life, log, step } = lifecycle()
		life.add(step('database')).add({
			name: 'queue',
			start: async () => {
				throw new Error('no queue')
			},
		})
		life.add(step('api'))
		await expect(life.start()).rejects.toThrow('no queue')
		expect(log).toEqual(['+database', '-database'])
	})

	it('goes on when a part overruns its deadline or fails to stop, and says which', async () => {
		const { clock, life, log, step } = lifecycle()
		life.add(step('database'))
		life.add({ name: 'calls', stop: () => new Promise(() => {}), stopDeadlineMs: 500 })
		life.add({
			name: 'api',
			stop: () => {
				throw new Error('broken')
			},
		})
		await life.start()
		const stopping = life.stop()
		await settled()
		expect(log).toEqual(['+database'])
		await clock.advance(500)
		expect(await stopping).toEqual({ late: ['calls'], failed: ['api'] })
		expect(log).toEqual(['+database', '-database'])
		expect(clock.pending).toBe(0)
	})

	it('lets the part that is starting finish, then stops without starting the rest', async () => {
		const { life, log, step } = lifecycle()
		const { promise, resolve } = Promise.withResolvers<void>()
		life.add({ ...step('database'), start: () => promise }).add(step('api'))
		const starting = life.start()
		const stopping = life.stop()
		resolve()
		await expect(starting).rejects.toBeInstanceOf(StoppedWhileStarting)
		await stopping
		expect(log).toEqual(['-database'])
	})

	it('tells the part that is starting, which may break off', async () => {
		const { life, log, step } = lifecycle()
		const start = (stopping: AbortSignal) =>
			new Promise<void>((_, reject) => stopping.addEventListener('abort', () => reject(stopping.reason)))
		life.add(step('keys')).add({ ...step('database'), start })
		const starting = life.start()
		expect(await life.stop()).toEqual({ late: [], failed: [] })
		await expect(starting).rejects.toBeInstanceOf(StoppedWhileStarting)
		expect(log).toEqual(['+keys', '-keys'])
	})

	it('does not wait for ever for a part that never starts', async () => {
		const { clock, life } = lifecycle()
		life.add({ name: 'database', start: () => new Promise(() => {}) })
		life.start().catch(() => {})
		const stopping = life.stop()
		await settled()
		await clock.advance(10_000)
		expect(await stopping).toEqual({ late: ['start'], failed: [] })
	})
})
