import { describe, expect, it } from 'vitest'
import { ManualClock } from '../test/manual-clock.ts'
import { HealthRegistry } from './health.ts'

function registry() {
	const clock = new ManualClock()
	return { clock, health: new HealthRegistry(clock) }
}

describe('HealthRegistry', () => {
	it('is ready without checks and with good ones, and leaves no timers behind', async () => {
		const { clock, health } = registry()
		expect(await health.ready()).toEqual({ status: 'ready', checks: {} })
		health.addCritical('database', () => ({ ok: true, detail: 'PostgreSQL 18' }))
		expect(await health.ready()).toEqual({
			status: 'ready',
			checks: { database: { ok: true, detail: 'PostgreSQL 18', critical: true } },
		})
		expect(clock.pending).toBe(0)
	})

	it('is degraded when an informative check fails, not ready when a critical one does', async () => {
		const { health } = registry()
		health.addInformative('apns', () => ({ ok: false, detail: 'unreachable' }))
		expect((await health.ready()).status).toBe('degraded')
		const remove = health.addCritical('database', async () => {
			throw new Error('connection refused')
		})
		const readiness = await health.ready()
		expect(readiness.status).toBe('not-ready')
		expect(readiness.checks.database).toEqual({ ok: false, critical: true, detail: 'connection refused' })
		remove()
		expect((await health.ready()).status).toBe('degraded')
	})

	it('counts a check that does not answer as failed', async () => {
		const { clock, health } = registry()
		health.addCritical('queue', () => new Promise(() => {}))
		const pending = health.ready()
		await clock.advance(1_000)
		expect((await pending).checks.queue).toEqual({ ok: false, critical: true, detail: 'no answer within 1000 ms' })
	})

	it('is not ready while it drains', async () => {
		const { health } = registry()
		health.drain()
		expect((await health.ready()).status).toBe('not-ready')
	})

	it('refuses two checks of one name', () => {
		const { health } = registry()
		health.addCritical('database', () => ({ ok: true }))
		expect(() => health.addInformative('database', () => ({ ok: true }))).toThrow(/already/)
	})
})
