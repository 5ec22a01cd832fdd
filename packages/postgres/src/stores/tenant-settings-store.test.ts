import type { TenantId } from '@vigil/domain'
import { describe, expect, it } from 'vitest'
import { useStores } from '../../test/fixtures.ts'
import { MissingReferenceError } from '../database/database-error.ts'

const { stores } = useStores()

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

	it('need a tenant', async () => {
		const none = 'ten_none' as TenantId
		await expect(stores().tenantSettings.change(none, {})).rejects.toThrow(MissingReferenceError)
		expect(await stores().tenantSettings.stated(none)).toEqual({})
	})
})
