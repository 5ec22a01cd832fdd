import { describe, expect, it } from 'vitest'
import { createTenant, violated } from '../builders.ts'
import { ADMIN_TOKEN, type Harness, send } from '../harness.ts'

export function settingsSuite(api: () => Harness): void {
	describe('the settings of a tenant', () => {
		it('are the product’s until the tenant states its own', async () => {
			const { id, key } = await createTenant(api())
			const show = async () => (await api().request(key, 'GET', '/v1/settings')).body
			expect(await show()).toEqual({ credentialInactivityDays: 30, foregroundLeaseSeconds: 0 })
			const changed = await api().request(key, 'PATCH', '/v1/settings', { foregroundLeaseSeconds: 300 })
			expect(changed.body).toEqual({ credentialInactivityDays: 30, foregroundLeaseSeconds: 300 })
			const url = `/v1/tenants/${id}/settings`
			const byAdmin = await api().request(ADMIN_TOKEN, 'PATCH', url, { credentialInactivityDays: 90 })
			expect(byAdmin.body).toEqual({ credentialInactivityDays: 90, foregroundLeaseSeconds: 300 })
			expect((await api().request(ADMIN_TOKEN, 'GET', url)).body).toEqual(byAdmin.body)
			await api().request(key, 'PATCH', '/v1/settings', { foregroundLeaseSeconds: null })
			expect(await show()).toEqual({ credentialInactivityDays: 90, foregroundLeaseSeconds: 0 })
		})

		it('are the platform’s where that has its own', async () => {
			const { key } = await createTenant(api())
			const app = await api().variant({ tenantDefaults: { foregroundLeaseSeconds: 120 } })
			expect((await send(app, key, 'GET', '/v1/settings')).body.foregroundLeaseSeconds).toBe(120)
			await app.close()
		})

		it.each([
			[{ credentialInactivityDays: -1 }, 'credentialInactivityDays:minimum'],
			[{ credentialInactivityDays: 1.5 }, 'credentialInactivityDays:type'],
			[{ foregroundLeaseSeconds: 14 }, 'foregroundLeaseSeconds:rule'],
			[{ foregroundLeaseSeconds: 86_401 }, 'foregroundLeaseSeconds:maximum'],
			[{ colour: 'red' }, 'colour:unknown'],
		])('are refused with %j', async (body, rule) => {
			const { key } = await createTenant(api())
			const answer = await api().request(key, 'PATCH', '/v1/settings', body)
			expect([answer.status, ...violated(answer)]).toEqual([422, rule])
		})

		it('of no tenant are 404', async () => {
			expect((await api().request(ADMIN_TOKEN, 'GET', '/v1/tenants/none/settings')).status).toBe(404)
			expect((await api().request(ADMIN_TOKEN, 'PATCH', '/v1/tenants/none/settings', {})).status).toBe(404)
		})
	})
}
