import { DEFAULT_TENANT_LIMITS, type TenantId } from '@vigil/domain'
import { describe, expect, it } from 'vitest'
import { createTenant, violated } from '../builders.ts'
import { ADMIN_TOKEN, type Harness, send } from '../harness.ts'

export function settingsSuite(api: () => Harness): void {
	const anywhere = {
		inviteSource: 'any',
		inviteNetworks: [],
		retentionDays: 90,
		forgetCallers: false,
		limits: DEFAULT_TENANT_LIMITS,
	}

	describe('the settings of a tenant', () => {
		it('are the product’s until the tenant states its own', async () => {
			const { id, key } = await createTenant(api())
			const show = async () => (await api().request(key, 'GET', '/v1/settings')).body
			expect(await show()).toEqual({ ...anywhere, credentialInactivityDays: 30, foregroundLeaseSeconds: 0 })
			const changed = await api().request(key, 'PATCH', '/v1/settings', { foregroundLeaseSeconds: 300 })
			expect(changed.body).toEqual({ ...anywhere, credentialInactivityDays: 30, foregroundLeaseSeconds: 300 })
			const url = `/v1/tenants/${id}/settings`
			const byAdmin = await api().request(ADMIN_TOKEN, 'PATCH', url, { credentialInactivityDays: 90 })
			expect(byAdmin.body).toEqual({ ...anywhere, credentialInactivityDays: 90, foregroundLeaseSeconds: 300 })
			expect((await api().request(ADMIN_TOKEN, 'GET', url)).body).toEqual(byAdmin.body)
			await api().request(key, 'PATCH', '/v1/settings', { foregroundLeaseSeconds: null })
			expect(await show()).toEqual({ ...anywhere, credentialInactivityDays: 90, foregroundLeaseSeconds: 0 })
		})

		it('are the platform’s where that has its own', async () => {
			const { key } = await createTenant(api())
			const app = await api().variant({ tenantDefaults: { foregroundLeaseSeconds: 120 } })
			expect((await send(app, key, 'GET', '/v1/settings')).body.foregroundLeaseSeconds).toBe(120)
			await app.close()
		})

		it('say where calls are taken from; its workers are told', async () => {
			const { id, key } = await createTenant(api())
			api().signals.take('tenant.changed')
			const change = async (body: object) => (await api().request(key, 'PATCH', '/v1/settings', body)).body
			const inviteNetworks = ['192.0.2.0/24', '198.51.100.7', '2001:db8::/32', '2001:db8:1::5']
			const stated = { inviteSource: 'registrar', inviteNetworks }
			expect(await change(stated)).toMatchObject(stated)
			expect(api().signals.take('tenant.changed')).toEqual([{ tenantId: id }])
			expect(await api().stores.tenantSettings.rules()).toEqual(new Map([[id, stated]]))
			expect(await change({ inviteNetworks: null })).toMatchObject({ inviteSource: 'registrar', inviteNetworks: [] })
			expect(await change({ inviteSource: null })).toMatchObject(anywhere)
			expect((await api().stores.tenantSettings.rules()).has(id as TenantId)).toBe(false)
		})

		it.each([
			[{ inviteSource: 'some' }, 'inviteSource:one_of'],
			[{ inviteNetworks: ['192.0.2.0/33'] }, 'inviteNetworks.0:rule'],
			[{ inviteNetworks: ['pbx.example'] }, 'inviteNetworks.0:rule'],
			[{ inviteNetworks: new Array(65).fill('192.0.2.1') }, 'inviteNetworks:maximum'],
			[{ credentialInactivityDays: -1 }, 'credentialInactivityDays:minimum'],
			[{ credentialInactivityDays: 1.5 }, 'credentialInactivityDays:type'],
			[{ foregroundLeaseSeconds: 14 }, 'foregroundLeaseSeconds:rule'],
			[{ foregroundLeaseSeconds: 86_401 }, 'foregroundLeaseSeconds:maximum'],
			[{ colour: 'red' }, 'colour:unknown'],
		])('are refused with %j', async (body, rule) => {
			const { key } = await createTenant(api())
			const response = await api().request(key, 'PATCH', '/v1/settings', body)
			expect([response.status, ...violated(response)]).toEqual([422, rule])
		})

		it('of no tenant are 404', async () => {
			expect((await api().request(ADMIN_TOKEN, 'GET', '/v1/tenants/none/settings')).status).toBe(404)
			expect((await api().request(ADMIN_TOKEN, 'PATCH', '/v1/tenants/none/settings', {})).status).toBe(404)
		})
	})
}
