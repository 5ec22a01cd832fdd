import { until } from '@vigil/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { TestWorld } from '../world/test-world.ts'

// What a tenant reads of a registration, told by the real worker about a registrar that misbehaves on request.

let world: TestWorld

beforeAll(async () => {
	world = await TestWorld.start({}, { maxExpiresSeconds: 2 })
})

afterAll(() => world?.close())

function page(accountId: string) {
	return world.tenant.client.registration(accountId)
}

describe('the registration of an account, as its tenant sees it', () => {
	it('while bound: since when, for how long, where, and when it is refreshed next, also after refreshes', async () => {
		const began = Date.now()
		const { username, account } = await world.sleepingUser()
		const { holder, registration } = await page(account.id)
		expect(holder).toBe('service')
		expect(registration).toMatchObject({
			state: 'registered',
			grantedExpiresSeconds: 2,
			target: `udp:${world.domain}`,
		})
		expect(registration.reason).toBeUndefined()
		expect(Date.parse(registration.since)).toBeGreaterThanOrEqual(began)
		expect(Date.parse(registration.since)).toBeLessThanOrEqual(Date.now())
		expect(Date.parse(registration.nextAttemptAt ?? '')).toBeGreaterThan(Date.parse(registration.since))

		const accepted = () => world.registrar.registers.items.filter((one) => one.user === username && one.status === 200)
		await until(() => accepted().length >= 3, { deadlineMs: 20_000 })
		const later = (await page(account.id)).registration
		expect(later).toMatchObject({ state: 'registered', since: registration.since, grantedExpiresSeconds: 2 })
		// A second of room: nothing is written for a refresh, so the instant is worked out.
		expect(Date.parse(later.nextAttemptAt ?? '')).toBeGreaterThan(Date.now() - 1000)
		expect(Date.parse(later.nextAttemptAt ?? '')).toBeLessThan(Date.now() + 2500)
	})

	it('while refused for now: why, with the status, and when it is tried again', async () => {
		const username = world.newUser()
		world.registrar.reactTo(username, { kind: 'refuse', status: 503, headers: [['Retry-After', '60']] })
		const account = await world.addAccount({ username })
		const phone = await world.addPhone(account.id)
		await phone.device.handoff('background')
		const { holder, registration } = await until(async () => {
			const now = await page(account.id)
			// What the handoff has tried again is on its way for a moment.
			return now.registration.state === 'failing' && now.registration.nextAttemptAt !== undefined && now
		})
		expect(holder).toBe('none')
		expect(registration).toMatchObject({ sipStatus: 503, target: `udp:${world.domain}` })
		expect(registration.reason).toContain('503')
		const waitMs = Date.parse(registration.nextAttemptAt ?? '') - Date.parse(registration.since)
		expect(waitMs).toBeGreaterThanOrEqual(59_000)
		expect(registration.grantedExpiresSeconds).toBeUndefined()
	})

	it('while rejected: why, and when it is tried again', async () => {
		const username = world.newUser()
		world.registrar.reactTo(username, { kind: 'refuse', status: 403 })
		const account = await world.addAccount({ username })
		const phone = await world.addPhone(account.id)
		await phone.device.handoff('background')
		const { registration } = await until(async () => {
			const now = await page(account.id)
			return now.registration.state === 'rejected' && now
		})
		expect(registration).toMatchObject({ sipStatus: 403, target: `udp:${world.domain}` })
		expect(registration.reason).toContain('403')
		// The credential was never accepted: that takes an hour at least.
		expect(Date.parse(registration.nextAttemptAt ?? '')).toBeGreaterThan(Date.now() + 3_000_000)
	})

	it('when given back: not held, with no word left of before', async () => {
		const { account, phone } = await world.sleepingUser()
		await phone.device.handoff('foreground', { registered: true })
		const { holder, registration } = await until(async () => {
			const now = await page(account.id)
			return now.registration.state === 'unregistered' && now
		})
		expect(holder).toBe('device')
		expect(registration.grantedExpiresSeconds).toBeUndefined()
		expect(registration.nextAttemptAt).toBeUndefined()
	})
})
