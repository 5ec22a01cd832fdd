import type { AccountId, DeviceId, PushAppId, PushTokenId, TenantId } from '@vigil/domain'
import { Secret } from '@vigil/domain'
import { beforeAll, describe, expect, it } from 'vitest'
import type { ContractStores } from './contract-stores.ts'
import { APNS, changedDevice, enrolledDevice, newAccount, newDevice } from './fixtures.ts'

/** What every store of its kind does. */
export function deviceStoreContract(stores: () => ContractStores): void {
	const NONE = 'dev_none' as DeviceId
	let tenantId: TenantId
	let otherId: TenantId
	let pushAppId: PushAppId

	beforeAll(async () => {
		const { tenants, pushApps } = stores()
		tenantId = (await tenants.create('devices')).id
		otherId = (await tenants.create('other')).id
		pushAppId = (await pushApps.create(tenantId, 'phone', APNS, new Secret('pem'))).id
	})

	async function someLine(tenant = tenantId): Promise<AccountId> {
		return (await stores().accounts.create(newAccount(tenant))).id
	}

	describe('creating a device', () => {
		it('gives back what was asked for, with tokens and lines in order', async () => {
			const lines = [await someLine(), await someLine(), await someLine()]
			const { tokenDigest, sipSecret, pushTokens, ...wanted } = newDevice(tenantId, {
				name: "Bob's phone",
				lines,
				pushTokens: [{ pushAppId, kind: 'voip', token: 'aa' }],
			})
			const device = await enrolledDevice(stores().devices, { ...wanted, tokenDigest, sipSecret, pushTokens })
			expect(device).toEqual({
				...wanted,
				id: expect.stringMatching(/^dev_[A-Za-z0-9_-]{22}$/),
				activity: 'foreground',
				activitySinceMs: expect.any(Number),
				registeredUpstream: false,
				unregisteredUpstream: false,
				createdAtMs: expect.any(Number),
				pushTokens: [
					{
						id: expect.stringMatching(/^tok_/),
						deviceId: device.id,
						pushAppId,
						kind: 'voip',
						token: 'aa',
						registeredAtMs: expect.any(Number),
					},
				],
			})
			expect(device).not.toHaveProperty('tokenDigest')
			expect(await stores().devices.load(device.id)).toEqual(device)
			expect(await stores().devices.find(tenantId, device.id)).toEqual(device)
			expect(await stores().devices.findByToken(tokenDigest)).toEqual(device)
		})

		it('refuses lines and push apps of another tenant', async () => {
			const { devices } = stores()
			const foreign = await someLine(otherId)
			await expect(enrolledDevice(devices, newDevice(tenantId, { lines: [foreign] }))).rejects.toMatchObject({
				name: 'MissingReferenceError',
			})
			const pushTokens = [{ pushAppId, kind: 'voip' as const, token: 'aa' }]
			await expect(enrolledDevice(devices, newDevice(otherId, { pushTokens }))).rejects.toThrow(/push app/)
			expect((await devices.list(otherId, {}, { limit: 10 })).items).toEqual([])
		})

		it('refuses a bearer token that is in use', async () => {
			const device = newDevice(tenantId)
			await enrolledDevice(stores().devices, device)
			await expect(enrolledDevice(stores().devices, device)).rejects.toMatchObject({ field: 'tokenDigest' })
		})
	})

	describe('the SIP credential of a device', () => {
		it('opens', async () => {
			const { id } = await enrolledDevice(
				stores().devices,
				newDevice(tenantId, { sipSecret: new Secret('open sesame') }),
			)
			const credential = await stores().devices.openSipCredential(id)
			expect(credential?.secret.reveal()).toBe('open sesame')
			expect(Object.keys(credential ?? {})).toEqual(['secret'])
			expect(await stores().devices.openSipCredential(NONE)).toBeUndefined()
		})

		it('knows the first offer of digests that the device has answered', async () => {
			const { devices } = stores()
			const { id } = await enrolledDevice(devices, newDevice(tenantId))
			for (const offer of ['md5', 'all'] as const) {
				await devices.noteAnsweredOffer(id, offer)
				expect((await devices.openSipCredential(id))?.answeredOffer).toBe('md5')
			}
		})

		it('knows what the push app says of digests, also when its token was retired', async () => {
			const { devices, pushApps } = stores()
			const digestAlgorithms = ['MD5', 'SHA-256'] as const
			const settings = { ...APNS, digestAlgorithms }
			const { id: simple } = await pushApps.create(tenantId, 'simple', settings, new Secret('pem'))
			const pushTokens = [
				{ pushAppId, kind: 'alert', token: 'bb' },
				{ pushAppId: simple, kind: 'voip', token: 'aa' },
			] as const
			const device = await enrolledDevice(devices, newDevice(tenantId, { pushTokens }))
			const voip = device.pushTokens.find(({ kind }) => kind === 'voip')
			await devices.retirePushToken(tenantId, voip?.id as PushTokenId, 'gone', Number.MAX_SAFE_INTEGER)
			expect(await devices.openSipCredential(device.id)).toMatchObject({ digestAlgorithms })
		})
	})

	describe('the lines of a device', () => {
		it('grow, once each, within the tenant', async () => {
			const { devices } = stores()
			const [first, second, foreign] = [await someLine(), await someLine(), await someLine(otherId)]
			const { id } = await enrolledDevice(devices, newDevice(tenantId, { lines: [first] }))
			await devices.addLine(tenantId, id, second)
			await devices.addLine(tenantId, id, first)
			expect((await devices.load(id))?.lines).toEqual([first, second])
			await expect(devices.addLine(tenantId, id, foreign)).rejects.toMatchObject({ name: 'MissingReferenceError' })
			await expect(devices.addLine(tenantId, NONE, first)).rejects.toThrow(/no device dev_none/)
		})

		it('lead from accounts to their devices', async () => {
			const { devices } = stores()
			const [one, two, unused] = [await someLine(), await someLine(), await someLine()]
			const both = await enrolledDevice(devices, newDevice(tenantId, { lines: [one, two] }))
			const single = await enrolledDevice(devices, newDevice(tenantId, { lines: [two] }))
			expect(await devices.loadByAccounts([one, two, unused])).toEqual(
				new Map([
					[one, [both]],
					[two, [both, single]],
				]),
			)
			expect(await devices.loadByAccounts([])).toEqual(new Map())
		})
	})

	describe('a device', () => {
		it('is found and listed by its tenant alone', async () => {
			const { devices, tenants } = stores()
			const { id } = await tenants.create('own devices')
			const [one, two] = [await enrolledDevice(devices, newDevice(id)), await enrolledDevice(devices, newDevice(id))]
			expect(await devices.list(id, {}, { limit: 10 })).toEqual({ items: [one, two] })
			expect(await devices.find(otherId, one.id)).toBeUndefined()
			expect(await devices.find(id, NONE)).toBeUndefined()
			expect(await devices.findByToken('unknown')).toBeUndefined()
		})

		it('states its activity', async () => {
			const { devices } = stores()
			const device = await enrolledDevice(devices, newDevice(tenantId))
			const outcome = await devices.setActivity(tenantId, device.id, {
				activity: 'background',
				registeredUpstream: true,
			})
			const away = outcome?.device
			expect(outcome?.before).toEqual({
				activity: 'foreground',
				registeredUpstream: false,
				unregisteredUpstream: false,
			})
			expect(away).toMatchObject({ activity: 'background', registeredUpstream: true })
			expect(away?.activitySinceMs).toBeGreaterThan(device.activitySinceMs)
			expect(await devices.load(device.id)).toEqual(away)
			expect(
				await devices.setActivity(tenantId, NONE, { activity: 'background', registeredUpstream: true }),
			).toBeUndefined()
		})

		it('changes its name and nothing else', async () => {
			const { devices } = stores()
			const pushTokens = [{ pushAppId, kind: 'voip' as const, token: 'aa' }]
			const device = await enrolledDevice(devices, newDevice(tenantId, { pushTokens }))
			expect(await changedDevice(devices, device, { name: 'new' })).toEqual({ ...device, name: 'new' })
			expect(await changedDevice(devices, device, {})).toEqual({ ...device, name: 'new' })
			expect(await changedDevice(devices, { id: NONE, tenantId }, { name: 'new' })).toBeUndefined()
		})

		it('goes with everything it has', async () => {
			const { devices, bindings } = stores()
			const pushTokens = [{ pushAppId, kind: 'voip' as const, token: 'aa' }]
			const tokenDigest = 'digest of a removed device'
			const device = await enrolledDevice(
				devices,
				newDevice(tenantId, { tokenDigest, pushTokens, lines: [await someLine()] }),
			)
			expect(await devices.removedAtMs(tokenDigest)).toBeUndefined()
			await bindings.save({
				deviceId: device.id,
				bindingId: 'b',
				route: 'r',
				contact: 'c',
				attachedAtMs: 1,
				expiresAtMs: 2,
			})
			expect(await devices.remove(tenantId, device.id)).toBe(true)
			expect(await devices.remove(tenantId, device.id)).toBe(false)
			expect(await devices.load(device.id)).toBeUndefined()
			expect(await devices.removedAtMs(tokenDigest)).toBeGreaterThanOrEqual(device.createdAtMs)
			expect(await devices.removedAtMs('unknown')).toBeUndefined()
			expect(await devices.findPushToken(tenantId, device.pushTokens[0]?.id as PushTokenId)).toBeUndefined()
			expect(await bindings.list([device.id], 0)).toEqual([])
		})
	})
}
