import type { AccountId, DeviceId, TenantId } from '@vigil/domain'
import { describe, expect, it } from 'vitest'
import { createAccount, createTenant, enrolDevice } from '../builders.ts'
import type { Harness } from '../harness.ts'

export function leaseSuite(api: () => Harness): void {
	const enrolled = async (settings: object = {}) => {
		const tenant = await createTenant(api())
		await api().request(tenant.key, 'PATCH', '/v1/settings', settings)
		const accountId = await createAccount(api(), tenant)
		const device = await enrolDevice(api(), tenant, accountId)
		const url = '/v1/devices/me/handoff'
		api().signals.published.length = 0
		return {
			tenant,
			accountId,
			device,
			handoff: (body: object) => api().request(device.token, 'POST', url, body),
			present: () => api().request(device.token, 'GET', url),
			me: async () => (await api().request(device.token, 'GET', '/v1/devices/me')).body,
			version: async () => (await api().stores.accounts.load(accountId as AccountId))?.version,
			lapse: async () => {
				const { devices } = api().stores
				const stored = await devices.load(device.id as DeviceId)
				await devices.setActivity(tenant.id as TenantId, device.id as DeviceId, {
					activity: 'foreground',
					registeredUpstream: stored?.registeredUpstream ?? false,
					leaseUntilMs: Date.now() - 1,
				})
			},
		}
	}
	const inUse = { state: 'foreground', registered: true }

	describe('a foreground lease', () => {
		it('lasts as long as the app asks, and ends when it leaves', async () => {
			const { handoff, me } = await enrolled()
			const { body } = await handoff({ ...inUse, leaseSeconds: 60 })
			const leftMs = Date.parse(body.leaseUntil) - Date.now()
			expect(leftMs).toBeGreaterThan(30_000)
			expect(leftMs).toBeLessThanOrEqual(60_000)
			expect((await me()).leaseUntil).toBe(body.leaseUntil)
			expect((await handoff({ state: 'background' })).body.leaseUntil).toBeUndefined()
			expect((await me()).leaseUntil).toBeUndefined()
		})

		it('is the tenant’s where the app asks for none', async () => {
			const plain = await enrolled()
			expect((await plain.handoff(inUse)).body.leaseUntil).toBeUndefined()
			const { handoff } = await enrolled({ foregroundLeaseSeconds: 120 })
			const { body } = await handoff(inUse)
			expect(Date.parse(body.leaseUntil) - Date.now()).toBeGreaterThan(90_000)
		})

		it('is renewed by the same statement, at once and without disturbing anybody', async () => {
			const { handoff, version } = await enrolled()
			const first = (await handoff({ ...inUse, leaseSeconds: 60 })).body
			const before = await version()
			api().owner.silent = true
			api().signals.published.length = 0
			const again = await handoff({ ...inUse, leaseSeconds: 90, waitSeconds: 30 })
			expect(again.status).toBe(200)
			expect(again.body.lines).toEqual(first.lines)
			expect(Date.parse(again.body.leaseUntil)).toBeGreaterThan(Date.parse(first.leaseUntil))
			expect([await version(), api().signals.published]).toEqual([before, []])
		})

		it('that is shortened or given up is news to the owner', async () => {
			const { accountId, handoff } = await enrolled()
			await handoff({ ...inUse, leaseSeconds: 600 })
			api().signals.published.length = 0
			await handoff({ ...inUse, leaseSeconds: 60 })
			expect(api().signals.take('account.changed')).toEqual([{ accountId }])
			await handoff(inUse)
			expect(api().signals.take('account.changed')).toEqual([{ accountId }])
		})

		it('that has lapsed makes the device one that is gone', async () => {
			const { tenant, accountId, handoff, present, me, lapse } = await enrolled()
			await handoff({ ...inUse, leaseSeconds: 60 })
			const registration = `/v1/accounts/${accountId}/registration`
			expect((await api().request(tenant.key, 'GET', registration)).body.holder).toBe('device')
			await lapse()
			expect((await me()).activity).toBe('terminated')
			expect((await api().request(tenant.key, 'GET', registration)).body.holder).toBe('none')
			const { status, body } = await present()
			expect([status, body.state]).toEqual([202, 'terminated'])
			expect(await api().stores.foregroundLeases.accountsWithLapsedLease(Date.now() - 60_000, Date.now())).toContain(
				accountId,
			)
		})

		it('that has lapsed is not renewed: its owner has to know that the device is back', async () => {
			const { accountId, handoff, lapse } = await enrolled()
			await handoff({ ...inUse, leaseSeconds: 60 })
			await lapse()
			api().signals.published.length = 0
			const back = await handoff({ ...inUse, leaseSeconds: 60 })
			expect([back.status, back.body.state]).toEqual([200, 'foreground'])
			expect(api().signals.take('account.changed')).toEqual([{ accountId }])
		})

		it('of another device counts for the holder of the line', async () => {
			const { tenant, accountId, handoff, lapse } = await enrolled()
			await handoff({ ...inUse, leaseSeconds: 60 })
			const other = await enrolDevice(api(), tenant, accountId)
			const away = () => api().request(other.token, 'POST', '/v1/devices/me/handoff', { state: 'background' })
			expect((await away()).body.lines[0].holder).toBe('both')
			await lapse()
			expect((await away()).body.lines[0].holder).toBe('service')
		})
	})

	describe('numbered statements', () => {
		it('that arrive late change nothing, and are answered with what is', async () => {
			const { handoff, me, version } = await enrolled()
			const last = await handoff({ state: 'background', sequence: 8 })
			expect(last.body.superseded).toBeUndefined()
			const before = await version()
			api().signals.published.length = 0
			const late = await handoff({ ...inUse, leaseSeconds: 60, sequence: 7 })
			expect([late.status, late.body.state, late.body.superseded]).toEqual([200, 'background', true])
			expect(late.body.lines).toEqual(last.body.lines)
			expect(late.body.leaseUntil).toBeUndefined()
			expect((await me()).activity).toBe('background')
			expect([await version(), api().signals.published]).toEqual([before, []])
		})

		it('may be repeated', async () => {
			const { handoff } = await enrolled()
			const first = await handoff({ state: 'background', sequence: 1 })
			const again = await handoff({ state: 'background', sequence: 1 })
			expect([again.status, again.body]).toEqual([first.status, first.body])
		})

		it('end with the highest in whatever order they arrive', async () => {
			const { handoff, me } = await enrolled()
			const intents = [
				{ state: 'foreground', sequence: 1 },
				{ state: 'background', sequence: 2 },
				{ ...inUse, sequence: 3 },
				{ state: 'terminated', sequence: 4 },
			]
			await Promise.all([intents[2], intents[0], intents[3], intents[1]].map((body) => handoff({ ...body })))
			expect((await me()).activity).toBe('terminated')
			expect((await handoff({ ...inUse, sequence: 5 })).body.state).toBe('foreground')
		})
	})

	describe('how a handoff stands', () => {
		it('can be asked without stating anything', async () => {
			const { accountId, handoff, present, version } = await enrolled()
			api().owner.silent = true
			expect((await handoff({ state: 'background', waitSeconds: 0 })).status).toBe(202)
			const before = await version()
			expect((await present()).status).toBe(202)
			api().owner.silent = false
			await api().signals.publish('account.changed', { accountId })
			const { status, body } = await present()
			expect([status, body.state, body.lines[0].next]).toEqual([200, 'background', 'unregister'])
			expect(await version()).toBe(before)
		})
	})
}
