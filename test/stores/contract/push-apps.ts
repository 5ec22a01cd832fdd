import { DuplicateError, type PushAppId, Secret, type TenantId } from '@vigil/domain'
import { beforeAll, describe, expect, it } from 'vitest'
import type { ContractStores } from './contract-stores.ts'
import { APNS } from './fixtures.ts'

/** What every store of its kind does. */
export function pushAppStoreContract(stores: () => ContractStores): void {
	let tenantId: TenantId
	let otherId: TenantId

	beforeAll(async () => {
		tenantId = (await stores().tenants.create('apps')).id
		otherId = (await stores().tenants.create('other')).id
	})

	describe('the pushes through an app', () => {
		it('are kept as they fare, each state from its beginning, for its tenant alone', async () => {
			const { pushApps, tenants } = stores()
			const [own, other] = [(await tenants.create('own')).id, (await tenants.create('other')).id]
			const app = await pushApps.create(own, 'phone', APNS, new Secret('pem'))
			const health = async () => (await pushApps.health(own, [app.id])).get(app.id)
			expect(await health()).toBeUndefined()
			const failing = {
				state: 'failing',
				failure: 'misconfigured',
				reason: 'InvalidProviderToken',
				providerStatus: 403,
			} as const
			await pushApps.noteOutcome(app, { ...failing, atMs: 10, failures: 1 })
			await pushApps.noteOutcome(app, { ...failing, atMs: 40, failures: 5 })
			const failed = { failure: 'misconfigured', reason: 'InvalidProviderToken', providerStatus: 403, failedAtMs: 40 }
			expect(await health()).toEqual({ state: 'failing', sinceMs: 10, failures: 6, ...failed })
			await pushApps.noteOutcome(app, { state: 'working', atMs: 50 })
			expect(await health()).toEqual({ state: 'working', sinceMs: 50, failures: 0, acceptedAtMs: 50, ...failed })
			expect(await pushApps.health(other, [app.id])).toEqual(new Map())
			await pushApps.remove(own, app.id)
			await pushApps.noteOutcome(app, { state: 'working', atMs: 60 })
		})
	})

	describe('push apps', () => {
		it('are found by id and by name, and listed', async () => {
			const { pushApps } = stores()
			const app = await pushApps.create(tenantId, 'phone', APNS, new Secret('pem'))
			expect(app).toMatchObject({ tenantId, name: 'phone', settings: APNS, version: 1 })
			expect(await pushApps.find(tenantId, app.id)).toEqual(app)
			expect(await pushApps.findNamed(tenantId, ['phone', 'none'])).toEqual([app])
			expect(await pushApps.findMany(tenantId, [app.id])).toEqual([app])
			expect(await pushApps.list(tenantId, { limit: 10 })).toEqual({ items: [app] })
		})

		it('have names of their own within a tenant', async () => {
			const { pushApps } = stores()
			await pushApps.create(tenantId, 'twice', APNS, new Secret('pem'))
			const again = pushApps.create(tenantId, 'twice', APNS, new Secret('pem'))
			await expect(again).rejects.toThrow(DuplicateError)
			await expect(again).rejects.toMatchObject({ field: 'name' })
			await pushApps.create(otherId, 'twice', APNS, new Secret('pem'))
		})

		it('open their secret', async () => {
			const { pushApps } = stores()
			const app = await pushApps.create(tenantId, 'sealed', APNS, new Secret('-----BEGIN-----'))
			const opened = await pushApps.open(app.id)
			expect(opened?.app).toEqual(app)
			expect(opened?.credential.secret.reveal()).toBe('-----BEGIN-----')
			expect(await pushApps.open('app_none' as PushAppId)).toBeUndefined()
		})

		it('rise in version with a change and keep the secret unless given a new one', async () => {
			const { pushApps } = stores()
			const app = await pushApps.create(tenantId, 'changing', APNS, new Secret('first'))
			const settings = { ...APNS, environment: 'production' as const }
			expect(await pushApps.change(tenantId, app.id, settings)).toEqual({ ...app, settings, version: 2 })
			expect((await pushApps.open(app.id))?.credential.secret.reveal()).toBe('first')
			await pushApps.change(tenantId, app.id, settings, new Secret('second'))
			expect(await pushApps.open(app.id)).toMatchObject({ app: { version: 3 } })
			expect((await pushApps.open(app.id))?.credential.secret.reveal()).toBe('second')
		})

		it('are out of reach for another tenant', async () => {
			const { pushApps } = stores()
			const app = await pushApps.create(tenantId, 'private', APNS, new Secret('pem'))
			expect(await pushApps.find(otherId, app.id)).toBeUndefined()
			expect(await pushApps.change(otherId, app.id, APNS)).toBeUndefined()
			expect(await pushApps.remove(otherId, app.id)).toBe(false)
			expect(await pushApps.remove(tenantId, app.id)).toBe(true)
			expect(await pushApps.find(tenantId, app.id)).toBeUndefined()
		})
	})
}
