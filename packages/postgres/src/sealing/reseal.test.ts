import { Secret, type TenantId } from '@vigil/domain'
import { beforeAll, describe, expect, it } from 'vitest'
import { useDatabase } from '../../test/database.ts'
import { APNS, enrolledDevice, HA1, newAccount, newDevice, newHashedAccount } from '../../test/fixtures.ts'
import { createStores, type Stores } from '../stores/stores.ts'
import { KeyRing, newKeyText } from './key-ring.ts'
import { reseal } from './reseal.ts'

const database = useDatabase()
const [oldKey, newKey] = [newKeyText('old'), newKeyText('new')]
const [oldRing, bothRing, newRing] = [oldKey, `${newKey},${oldKey}`, newKey].map((text) => KeyRing.fromText(text)) as [
	KeyRing,
	KeyRing,
	KeyRing,
]
let tenantId: TenantId

function storesWith(ring: KeyRing): Stores {
	return createStores(database(), ring)
}

beforeAll(async () => {
	tenantId = (await storesWith(oldRing).tenants.create('rotating')).id
})

async function furnish() {
	const { accounts, pushApps, devices } = storesWith(oldRing)
	return {
		account: await accounts.create(newAccount(tenantId)),
		hashed: await accounts.create(newHashedAccount(tenantId)),
		app: await pushApps.create(tenantId, `app ${Math.random()}`, APNS, new Secret('pem')),
		device: await enrolledDevice(devices, newDevice(tenantId)),
	}
}

describe('reseal', () => {
	it('brings every sealed value under the new key, so that the old one can go', async () => {
		const { account, hashed, app, device } = await furnish()
		expect(await reseal(database(), bothRing)).toEqual({ resealed: 4, refused: [] })
		expect(await reseal(database(), bothRing)).toEqual({ resealed: 0, refused: [] })
		const { accounts, pushApps, devices } = storesWith(newRing)
		expect((await accounts.openCredential(account.id))?.password?.reveal()).toBe('hunter2')
		expect((await accounts.openCredential(hashed.id))?.ha1?.md5?.reveal()).toBe(HA1.md5?.reveal())
		expect((await pushApps.open(app.id))?.credential.secret.reveal()).toBe('pem')
		expect((await devices.openSipCredential(device.id))?.secret.reveal()).toBe('edge-secret')
	})

	it('works in batches beside writers, and every value opens at any moment', async () => {
		const { accounts } = storesWith(bothRing)
		const made = await Promise.all(
			Array.from({ length: 600 }, () => storesWith(oldRing).accounts.create(newAccount(tenantId))),
		)
		const changes = made
			.slice(0, 40)
			.map(({ id }) => accounts.change(tenantId, id, { password: new Secret('changed') }))
		const [result] = await Promise.all([reseal(database(), bothRing), ...changes])
		expect(result.refused).toEqual([])
		for (const [index, { id }] of made.entries()) {
			const credential = await storesWith(newRing).accounts.openCredential(id)
			expect(credential?.password?.reveal()).toBe(index < 40 ? 'changed' : 'hunter2')
		}
	})

	it('names what it cannot open, and does the rest', async () => {
		const [broken, whole] = [await furnish(), await furnish()]
		await database().asPlatform(
			(sql) => sql`update vigil.accounts set password = '1:lost:AA:AA' where id = ${broken.account.id}`,
		)
		const result = await reseal(database(), bothRing)
		expect(result.resealed).toBe(7)
		expect(result.refused).toEqual([
			`The password of accounts ${broken.account.id} is sealed under the key "lost", which is not in the key ring.`,
		])
		expect(await storesWith(newRing).accounts.openCredential(whole.account.id)).toBeDefined()
	})
})
