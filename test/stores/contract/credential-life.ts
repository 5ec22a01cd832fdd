import {
	type AccountId,
	CONTACT_NOTED_EVERY_MS,
	type DeviceId,
	Secret,
	type SilentCredential,
	silentSinceMs,
	type TenantId,
} from '@vigil/domain'
import { beforeAll, describe, expect, it } from 'vitest'
import type { ContractStores } from './contract-stores.ts'
import { enrolledDevice, newAccount, newDevice, newHashedAccount } from './fixtures.ts'

/** What every store of its kind does. */
export function credentialLifeContract(stores: () => ContractStores): void {
	const HOUR = CONTACT_NOTED_EVERY_MS
	const DAY = 24 * HOUR
	let tenantId: TenantId
	let otherId: TenantId
	let nowMs: number

	beforeAll(async () => {
		tenantId = (await stores().tenants.create('silence')).id
		otherId = (await stores().tenants.create('other')).id
		nowMs = Date.now()
	})

	async function accountWithDevice(tenant = tenantId): Promise<{ account: AccountId; device: DeviceId }> {
		const account = (await stores().accounts.create(newAccount(tenant))).id
		const device = (await enrolledDevice(stores().devices, newDevice(tenant, { lines: [account] }))).id
		return { account, device }
	}

	async function state(id: AccountId) {
		return (await stores().credentials.states(tenantId, [id])).get(id)
	}

	async function silentOnes(tenant: TenantId, sinceMs: number, batchSize = 100): Promise<SilentCredential[]> {
		const found: SilentCredential[] = []
		for await (const batch of stores().credentials.silent(tenant, sinceMs, batchSize)) {
			expect(batch.length).toBeLessThanOrEqual(batchSize)
			found.push(...batch)
		}
		return found
	}

	async function silentOne(id: AccountId): Promise<SilentCredential> {
		const found = (await silentOnes(tenantId, nowMs + 100 * DAY)).find(({ accountId }) => accountId === id)
		if (found === undefined) throw new Error(`${id} has no credential`)
		return found
	}

	describe('a contact of a device', () => {
		it('is written down for the device and every account that it serves, once an hour', async () => {
			const { accounts, devices, credentials } = stores()
			const { account, device } = await accountWithDevice()
			const second = (await accounts.create(newHashedAccount(tenantId))).id
			await devices.addLine(tenantId, device, second)
			expect((await state(account))?.lastContactMs).toBeUndefined()
			expect(await credentials.noteContact({ id: device, tenantId }, nowMs)).toBe(true)
			expect(await credentials.noteContact({ id: device, tenantId }, nowMs + HOUR - 1)).toBe(false)
			expect((await devices.load(device))?.lastContactMs).toBe(nowMs)
			for (const id of [account, second]) expect((await state(id))?.lastContactMs).toBe(nowMs)
			expect(await credentials.noteContact({ id: device, tenantId }, nowMs + HOUR)).toBe(true)
			expect((await state(second))?.lastContactMs).toBe(nowMs + HOUR)
			expect(await credentials.noteContact({ id: 'dev_none' as DeviceId }, nowMs)).toBe(false)
		})

		it('is written by one of many who note it at once', async () => {
			const { device } = await accountWithDevice()
			const notes = await Promise.all(
				Array.from({ length: 8 }, (_, index) =>
					stores().credentials.noteContact({ id: device, tenantId }, nowMs + index),
				),
			)
			expect(notes.filter(Boolean)).toHaveLength(1)
		})

		it('raises no version, and stays when the device goes', async () => {
			const { accounts, devices, credentials } = stores()
			const { account, device } = await accountWithDevice()
			await credentials.noteContact({ id: device, tenantId }, nowMs)
			await devices.remove(tenantId, device)
			expect(await accounts.load(account)).toMatchObject({ version: 1 })
			expect((await state(account))?.lastContactMs).toBe(nowMs)
		})
	})

	describe('the states of credentials', () => {
		it('are told to their own tenant alone', async () => {
			const { account } = await accountWithDevice()
			expect([...(await stores().credentials.states(tenantId, [account])).keys()]).toEqual([account])
			expect(await stores().credentials.states(otherId, [account])).toEqual(new Map())
			expect(await stores().credentials.states(tenantId, [])).toEqual(new Map())
		})
	})

	describe('silent credentials', () => {
		it('are those of the tenant that nobody was heard of since, in batches', async () => {
			const { id } = await stores().tenants.create('batches')
			const made = []
			for (let count = 0; count < 5; count++) made.push(await accountWithDevice(id))
			const [awake, ...asleep] = made
			await stores().credentials.noteContact({ id: awake?.device as DeviceId }, nowMs + 40 * DAY)
			await stores().accounts.change(id, asleep[0]?.account as AccountId, { attributes: { pushEnabled: false } })
			await accountWithDevice()
			const found = await silentOnes(id, nowMs + 30 * DAY, 2)
			const expected = asleep.slice(1).map(({ account }) => account)
			expect(found.map(({ accountId }) => accountId)).toEqual(expected.toSorted())
			expect(found[0]).toEqual({ accountId: expected.toSorted()[0], sinceMs: expect.any(Number), warnedAtMs: [] })
			expect(await silentOnes(id, nowMs - DAY)).toEqual([])
		})

		it('start anew with a new credential', async () => {
			const { account } = await accountWithDevice()
			const before = await silentOne(account)
			await stores().credentials.recordWarning(tenantId, before, nowMs)
			await stores().accounts.change(tenantId, account, { password: new Secret('new') })
			const after = await silentOne(account)
			expect(after.warnedAtMs).toEqual([])
			expect(silentSinceMs(after)).toBeGreaterThan(silentSinceMs(before))
		})
	})

	describe('a warning', () => {
		it('is recorded once, and shown until a device is heard of', async () => {
			const { credentials } = stores()
			const { account, device } = await accountWithDevice()
			const silent = await silentOne(account)
			const warnings = await Promise.all(
				[1, 2, 3].map(() => credentials.recordWarning(tenantId, silent, nowMs + 23 * DAY)),
			)
			expect(warnings.filter(Boolean)).toHaveLength(1)
			expect((await state(account))?.warnedAtMs).toEqual([nowMs + 23 * DAY])
			expect(await credentials.recordWarning(tenantId, await silentOne(account), nowMs + 29 * DAY)).toBe(true)
			expect((await state(account))?.warnedAtMs).toEqual([nowMs + 23 * DAY, nowMs + 29 * DAY])
			await credentials.noteContact({ id: device, tenantId }, nowMs + 29.5 * DAY)
			expect((await state(account))?.warnedAtMs).toEqual([])
			expect(await credentials.recordWarning(tenantId, silent, nowMs + 30 * DAY)).toBe(false)
		})
	})

	describe('deleting a silent credential', () => {
		it('turns push off and says why', async () => {
			const { accounts, credentials } = stores()
			const { account } = await accountWithDevice()
			const silent = await silentOne(account)
			const deletions = await Promise.all(
				[1, 2].map(() => credentials.deleteSilent(tenantId, silent, nowMs + 30 * DAY)),
			)
			expect(deletions.filter(Boolean)).toHaveLength(1)
			expect(await accounts.openCredential(account)).toBeUndefined()
			expect(await accounts.load(account)).toMatchObject({
				attributes: { pushEnabled: false, registrationMode: 0 },
				credentialVersion: 2,
				version: 2,
			})
			expect(await state(account)).toEqual({
				accountId: account,
				warnedAtMs: [],
				deletedAtMs: nowMs + 30 * DAY,
				deletedBecause: 'inactive',
			})
		})

		it('spares a credential whose device was heard of meanwhile', async () => {
			const { accounts, credentials } = stores()
			const { account, device } = await accountWithDevice()
			const silent = await silentOne(account)
			await credentials.noteContact({ id: device, tenantId }, nowMs + 30 * DAY)
			expect(await credentials.deleteSilent(tenantId, silent, nowMs + 30 * DAY)).toBe(false)
			expect(await accounts.openCredential(account)).toBeDefined()
		})
	})
}
