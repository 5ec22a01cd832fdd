import type { AccountId, RegistrationStatus, TenantId } from '@vigil/domain'
import { beforeAll, describe, expect, it } from 'vitest'
import type { ContractStores } from './contract-stores.ts'
import { newAccount } from './fixtures.ts'

/** What every store of its kind does. */
export function accountServiceContract(stores: () => ContractStores): void {
	const NONE = 'acc_none' as AccountId
	let tenantId: TenantId

	beforeAll(async () => {
		tenantId = (await stores().tenants.create('service')).id
	})

	async function someAccounts(count: number): Promise<AccountId[]> {
		const made = await Promise.all(Array.from({ length: count }, () => stores().accounts.create(newAccount(tenantId))))
		return made.map((account) => account.id)
	}

	function registered(sinceMs: number): RegistrationStatus {
		return { state: 'registered', sinceMs, accountVersion: 1 }
	}

	describe('streaming accounts', () => {
		it('gives every account once, in batches of at most the size asked for', async () => {
			await someAccounts(5)
			const batches: AccountId[][] = []
			for await (const batch of stores().accounts.stream(2)) batches.push(batch.map((account) => account.id))
			const known = await stores().accounts.versions?.('', 100_000)
			const all = batches.flat()
			expect(all).toHaveLength(known?.length ?? -1)
			expect(new Set(all).size).toBe(all.length)
			for (const batch of batches.slice(0, -1)) expect(batch).toHaveLength(2)
		})
	})

	describe('touching accounts', () => {
		it('raises each version by one and tells the new ones', async () => {
			const [one, two] = await someAccounts(2)
			const versions = await stores().accounts.touch(tenantId, [one, two, NONE] as AccountId[])
			expect(versions).toEqual(
				new Map([
					[one, 2],
					[two, 2],
				]),
			)
			expect(await stores().accounts.load(one as AccountId)).toMatchObject({ version: 2 })
			expect(await stores().accounts.touch(tenantId, [])).toEqual(new Map())
		})

		it('loses no rise when many touch the same accounts in any order', async () => {
			const ids = await someAccounts(6)
			const touches = Array.from({ length: 12 }, (_, index) => (index % 2 ? ids : ids.toReversed()))
			await Promise.all(touches.map((order) => stores().accounts.touch(tenantId, order)))
			const versions = await Promise.all(ids.map(async (id) => (await stores().accounts.load(id))?.version))
			expect(versions).toEqual(ids.map(() => 13))
		})
	})

	describe('the registration generation', () => {
		it('rises by one with each call', async () => {
			const [id] = await someAccounts(1)
			const { accounts } = stores()
			expect(await accounts.nextGeneration(tenantId, id as AccountId)).toBe(2)
			expect(await accounts.nextGeneration(tenantId, id as AccountId)).toBe(3)
			expect(await accounts.load(id as AccountId)).toMatchObject({ registrationGeneration: 3, version: 1 })
			await expect(accounts.nextGeneration(tenantId, NONE)).rejects.toThrow(/no account acc_none/)
		})
	})

	const owned = (status: RegistrationStatus) => ({ tenantId, status })

	describe('registration statuses', () => {
		it('come back exactly, with fractions and absent fields', async () => {
			const [one, two] = (await someAccounts(2)) as [AccountId, AccountId]
			const full: RegistrationStatus = {
				state: 'failing',
				sinceMs: 1_700_000_000_000.123,
				reason: 'the server answered 503',
				sipStatus: 503,
				grantedExpiresSeconds: 600,
				nextAttemptMs: 1_700_000_030_000.5,
				confirmed: false,
				target: 'udp:192.0.2.1:5060',
				accountVersion: 7,
				holding: 'waiting',
				blockingReason: 'the device is still registered at the SIP server',
				minExpiresSeconds: 60,
				authentication: {
					server: 'udp:192.0.2.1',
					credentialVersion: 1,
					byServer: { realm: 'pbx', algorithm: 'MD5', qop: 'auth' },
					change: { atMs: 1_700_000_000_001, byProxy: false, note: 'weaker' },
				},
			}
			await stores().accounts.saveStatuses(
				new Map([
					[one, owned(full)],
					[two, owned(registered(5))],
				]),
			)
			expect(await stores().accounts.status(tenantId, one)).toEqual(full)
			expect(await stores().accounts.status(tenantId, two)).toEqual(registered(5))
			expect(await stores().accounts.status(tenantId, NONE)).toBeUndefined()
			// Who registers for the account begins with what was seen.
			expect((await stores().accounts.load(one))?.authentication).toEqual(full.authentication)
			expect(await stores().accounts.load(two)).not.toHaveProperty('authentication')
		})

		it('replace earlier ones whole', async () => {
			const [id] = (await someAccounts(1)) as [AccountId]
			await stores().accounts.saveStatuses(new Map([[id, owned({ ...registered(1), reason: 'old', sipStatus: 500 })]]))
			await stores().accounts.saveStatuses(new Map([[id, owned(registered(2))]]))
			expect(await stores().accounts.status(tenantId, id)).toEqual(registered(2))
		})

		it('pass over accounts that are gone, and nothing at all', async () => {
			const [id] = (await someAccounts(1)) as [AccountId]
			await stores().accounts.saveStatuses(
				new Map([
					[NONE, owned(registered(1))],
					[id, owned(registered(1))],
				]),
			)
			expect(await stores().accounts.status(tenantId, id)).toEqual(registered(1))
			await stores().accounts.saveStatuses(new Map())
		})

		it('are not written by the name of another tenant', async () => {
			const [id] = (await someAccounts(1)) as [AccountId]
			const other = (await stores().tenants.create('other')).id
			await stores().accounts.saveStatuses(new Map([[id, { tenantId: other, status: registered(1) }]]))
			expect(await stores().accounts.status(tenantId, id)).toBeUndefined()
			await stores().accounts.saveStatuses(new Map([[id, owned(registered(1))]]))
			expect(await stores().accounts.status(other, id)).toBeUndefined()
		})

		it('do not fail when accounts are removed at the same moment', async () => {
			const ids = await someAccounts(10)
			const statuses = new Map(ids.map((id) => [id, owned(registered(1))]))
			const removals = ids.map((id) => stores().accounts.remove(tenantId, id))
			await Promise.all([
				...removals,
				stores().accounts.saveStatuses(statuses),
				stores().accounts.saveStatuses(statuses),
			])
			for (const id of ids) expect(await stores().accounts.status(tenantId, id)).toBeUndefined()
		})
	})

	describe('many accounts at once', () => {
		it('opens their credentials by one question and leaves out those that are gone', async () => {
			const { accounts } = stores()
			const { id: tenantId } = await stores().tenants.create('opened together')
			const one = await accounts.create(newAccount(tenantId))
			const other = await accounts.create(newAccount(tenantId, { authUsername: 'digest-user' }))
			const opened = await accounts.openCredentials?.([one.id, other.id, 'acc_none' as AccountId])
			expect([...(opened?.keys() ?? [])].sort()).toEqual([one.id, other.id].sort())
			expect(opened?.get(other.id)?.username).toBe('digest-user')
			expect(opened?.get(one.id)?.password?.reveal()).toBe('hunter2')
		})

		it('walks over ids and versions in the order of the ids', async () => {
			const { accounts } = stores()
			const { id: tenantId } = await stores().tenants.create('versions')
			const made = await Promise.all([1, 2, 3].map(() => accounts.create(newAccount(tenantId))))
			const seen = new Map<AccountId, number>()
			let after = ''
			for (;;) {
				const batch = (await accounts.versions?.(after, 2)) ?? []
				for (const { id, version } of batch) {
					expect(id > after).toBe(true)
					after = id
					seen.set(id, version)
				}
				if (batch.length < 2) break
			}
			for (const { id, version } of made) expect(seen.get(id)).toBe(version)
		})
	})
}
