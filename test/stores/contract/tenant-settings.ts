import type { TenantId } from '@vigil/domain'
import { describe, expect, it } from 'vitest'
import type { ContractStores } from './contract-stores.ts'

/** What every store of its kind does. */
export function tenantSettingsContract(stores: () => ContractStores): void {
	describe('the settings of a tenant', () => {
		it('are what it has stated, each for itself; null takes one back', async () => {
			const { tenants, tenantSettings } = stores()
			const { id } = await tenants.create('settled')
			expect(await tenantSettings.stated(id)).toEqual({})
			expect(await tenantSettings.change(id, { credentialInactivityDays: 7 })).toEqual({ credentialInactivityDays: 7 })
			await tenantSettings.change(id, { foregroundLeaseSeconds: 0 })
			expect(await tenantSettings.change(id, {})).toEqual({ credentialInactivityDays: 7, foregroundLeaseSeconds: 0 })
			await tenantSettings.change(id, { credentialInactivityDays: null })
			expect(await tenantSettings.stated(id)).toEqual({ foregroundLeaseSeconds: 0 })
		})

		it('say where INVITEs are taken from, for the owners of accounts of all tenants', async () => {
			const { tenants, tenantSettings } = stores()
			const [one, other, silent] = [
				await tenants.create('one'),
				await tenants.create('other'),
				await tenants.create('s'),
			]
			await tenantSettings.change(one.id, { inviteSource: 'registrar', inviteNetworks: ['192.0.2.0/24'] })
			await tenantSettings.change(other.id, { inviteNetworks: ['2001:db8::1'] })
			await tenantSettings.change(silent.id, { credentialInactivityDays: 7 })
			const rules = await tenantSettings.rules()
			expect(rules.get(one.id)).toEqual({ inviteSource: 'registrar', inviteNetworks: ['192.0.2.0/24'] })
			expect(rules.get(other.id)).toEqual({ inviteNetworks: ['2001:db8::1'] })
			expect(rules.has(silent.id)).toBe(false)
			await tenantSettings.change(other.id, { inviteNetworks: null })
			expect((await tenantSettings.rules()).has(other.id)).toBe(false)
		})

		it('hold limits, each for itself; null takes back one or all', async () => {
			const { tenants, tenantSettings } = stores()
			const { id } = await tenants.create('limited')
			expect(await tenantSettings.change(id, { limits: { heldCalls: 5, devicesPerAccount: 2 } })).toEqual({
				limits: { heldCalls: 5, devicesPerAccount: 2 },
			})
			await tenantSettings.change(id, { limits: { callsPerSecond: 7, devicesPerAccount: null }, retentionDays: 9 })
			const limits = { heldCalls: 5, callsPerSecond: 7 }
			expect(await tenantSettings.stated(id)).toEqual({ limits, retentionDays: 9 })
			expect((await tenantSettings.rules()).get(id)).toEqual({ limits })
			await tenantSettings.change(id, { limits: { heldCalls: null, callsPerSecond: null } })
			expect((await tenantSettings.rules()).has(id)).toBe(false)
			await tenantSettings.change(id, { limits: { heldCalls: 5 } })
			await tenantSettings.change(id, { limits: null })
			expect(await tenantSettings.stated(id)).toEqual({ retentionDays: 9 })
		})

		it('need a tenant', async () => {
			const none = 'ten_none' as TenantId
			await expect(stores().tenantSettings.change(none, {})).rejects.toMatchObject({ name: 'MissingReferenceError' })
			expect(await stores().tenantSettings.stated(none)).toEqual({})
		})
	})
}
