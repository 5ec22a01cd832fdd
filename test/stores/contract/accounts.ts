import { type AccountId, DEFAULT_ATTRIBUTES, DuplicateError, Secret, type TenantId } from '@vigil/domain'
import { beforeAll, describe, expect, it } from 'vitest'
import type { ContractStores } from './contract-stores.ts'
import { enrolledDevice, newAccount, newDevice } from './fixtures.ts'

/** What every store of its kind does. */
export function accountStoreContract(stores: () => ContractStores): void {
	let tenantId: TenantId
	let otherId: TenantId
	const password = new Secret('again')

	beforeAll(async () => {
		tenantId = (await stores().tenants.create('accounts')).id
		otherId = (await stores().tenants.create('other')).id
	})

	describe('creating an account', () => {
		it('gives back what was asked for, and absent fields stay absent', async () => {
			const { password: _password, ...wanted } = newAccount(tenantId)
			const account = await stores().accounts.create({ ...wanted, password })
			expect(account).toEqual({
				...wanted,
				id: expect.stringMatching(/^acc_[A-Za-z0-9_-]{22}$/),
				registrationGeneration: 1,
				credentialVersion: 1,
				version: 1,
				disabled: false,
				createdAtMs: expect.any(Number),
			})
			expect(await stores().accounts.find(tenantId, account.id)).toEqual(account)
			expect(await stores().accounts.load(account.id)).toEqual(account)
		})

		it('keeps the optional fields too', async () => {
			const attributes = { ...DEFAULT_ATTRIBUTES, outboundProxy: 'sbc.example:5061' }
			const wanted = newAccount(tenantId, {
				authUsername: 'auth',
				displayName: 'Bob',
				attributes,
				transport: 'tls',
				inviteSource: 'registrar',
			})
			const account = await stores().accounts.create(wanted)
			expect(account).toMatchObject({ authUsername: 'auth', displayName: 'Bob', attributes, transport: 'tls' })
			expect(account.inviteSource).toBe('registrar')
		})

		it('refuses the same address twice in a tenant, whatever the case of the domain', async () => {
			const { accounts } = stores()
			const wanted = newAccount(tenantId, { username: 'bob' })
			await accounts.create(wanted)
			const again = accounts.create(newAccount(tenantId, { username: 'bob', domain: 'PBX.example' }))
			await expect(again).rejects.toThrow(DuplicateError)
			await expect(again).rejects.toMatchObject({ field: 'username' })
			await accounts.create(newAccount(tenantId, { username: 'Bob' }))
			await accounts.create(newAccount(otherId, { username: 'bob' }))
		})

		it('refuses a contact token that is in use anywhere', async () => {
			const { contactToken } = await stores().accounts.create(newAccount(tenantId))
			const again = stores().accounts.create(newAccount(otherId, { contactToken }))
			await expect(again).rejects.toMatchObject({ name: 'DuplicateError', field: 'contactToken' })
		})

		it('needs a tenant that exists', async () => {
			const made = stores().accounts.create(newAccount('ten_none' as TenantId))
			await expect(made).rejects.toMatchObject({ name: 'MissingReferenceError' })
		})
	})

	describe('changing an account', () => {
		it('leaves absent fields, removes what is null, and raises the version', async () => {
			const { accounts } = stores()
			const account = await accounts.create(newAccount(tenantId, { displayName: 'Bob', authUsername: 'auth' }))
			const { displayName, ...rest } = account
			expect(displayName).toBe('Bob')
			expect(await accounts.change(tenantId, account.id, { displayName: null })).toEqual({ ...rest, version: 2 })
			const attributes = { ...DEFAULT_ATTRIBUTES, natEmulation: true }
			expect(
				await accounts.change(tenantId, account.id, {
					attributes,
					disabled: true,
					transport: 'tcp',
					authUsername: 'new',
					password: new Secret('again'),
				}),
			).toEqual({
				...rest,
				attributes,
				disabled: true,
				transport: 'tcp',
				authUsername: 'new',
				version: 3,
				credentialVersion: 2,
			})
			expect(await accounts.change(tenantId, account.id, {})).toMatchObject({ version: 4 })
		})

		it('merges the attributes, so that none of several changes at once is lost', async () => {
			const { accounts } = stores()
			const { id } = await accounts.create(newAccount(tenantId))
			const changes = [
				{ natEmulation: true },
				{ autoSend180: true },
				{ registrationRefreshSeconds: 90 },
				{ contactSwap: true },
			]
			await Promise.all(changes.map((attributes) => accounts.change(tenantId, id, { attributes })))
			const merged = { ...DEFAULT_ATTRIBUTES, ...Object.assign({}, ...changes) }
			expect((await accounts.load(id))?.attributes).toEqual(merged)
			const without = await accounts.change(tenantId, id, { attributes: { contactSwap: null } })
			expect(without?.attributes).toEqual({ ...merged, contactSwap: undefined })
			expect(without?.attributes).not.toHaveProperty('contactSwap')
		})

		it('moves it to another domain, where nobody of the tenant is already', async () => {
			const { accounts } = stores()
			const account = await accounts.create(newAccount(tenantId))
			const moved = await accounts.change(tenantId, account.id, { domain: 'other.example:5070', password })
			expect(moved).toEqual({ ...account, domain: 'other.example:5070', version: 2, credentialVersion: 2 })
			const { username } = await accounts.create(newAccount(tenantId, { username: account.username }))
			expect(username).toBe(account.username)
			const back = accounts.change(tenantId, account.id, { domain: 'PBX.example', password })
			await expect(back).rejects.toMatchObject({ name: 'DuplicateError', field: 'domain' })
		})

		it('leads no stored credential to another server, not even of two changes at once', async () => {
			const { accounts } = stores()
			const { id } = await accounts.create(newAccount(tenantId))
			const elsewhere = { attributes: { outboundProxy: 'collector.example' } }
			const refused = accounts.change(tenantId, id, { ...elsewhere, displayName: 'Mallory' })
			await expect(refused).rejects.toMatchObject({ name: 'MovedCredentialError', fields: ['outboundProxy'] })
			expect(await accounts.load(id)).toMatchObject({ version: 1 })
			await accounts.change(tenantId, id, { attributes: { pushEnabled: false } })
			const moves = Array.from({ length: 5 }, (_, index) =>
				accounts.change(tenantId, id, { attributes: { outboundProxy: `collector${index}.example` } }),
			)
			const set = await accounts.change(tenantId, id, { password, attributes: { pushEnabled: true } })
			for (const moved of await Promise.allSettled(moves)) {
				if (moved.status === 'fulfilled') expect(moved.value?.version).toBeLessThan(set?.version ?? 0)
				else expect(moved.reason).toMatchObject({ name: 'MovedCredentialError' })
			}
		})

		it('is not for another tenant, nor is removing', async () => {
			const { accounts } = stores()
			const account = await accounts.create(newAccount(tenantId))
			expect(await accounts.find(otherId, account.id)).toBeUndefined()
			expect(await accounts.change(otherId, account.id, { disabled: true })).toBeUndefined()
			expect(await accounts.remove(otherId, account.id)).toBe(false)
			expect(await accounts.load(account.id)).toEqual(account)
		})
	})

	describe('removing an account', () => {
		it('takes its lines and its status along', async () => {
			const { accounts, devices } = stores()
			const account = await accounts.create(newAccount(tenantId))
			const device = await enrolledDevice(devices, newDevice(tenantId, { lines: [account.id] }))
			await accounts.saveStatuses(
				new Map([[account.id, { tenantId, status: { state: 'registered', sinceMs: 1, accountVersion: 1 } }]]),
			)
			expect(await accounts.remove(tenantId, account.id)).toBe(true)
			expect(await accounts.remove(tenantId, account.id)).toBe(false)
			expect(await accounts.status(tenantId, account.id)).toBeUndefined()
			expect((await devices.load(device.id))?.lines).toEqual([])
		})
	})

	describe('listing accounts', () => {
		it('pages through a tenant, oldest first, each once and only its own', async () => {
			const { accounts, tenants } = stores()
			const { id } = await tenants.create('paged')
			const made = await Promise.all(Array.from({ length: 7 }, () => accounts.create(newAccount(id))))
			const seen: AccountId[] = []
			let cursor: string | undefined
			do {
				const page = await accounts.list(id, {}, { limit: 3, ...(cursor && { cursor }) })
				seen.push(...page.items.map((account) => account.id))
				cursor = page.nextCursor
			} while (cursor)
			const byAge = made.toSorted((a, b) => a.createdAtMs - b.createdAtMs || (a.id < b.id ? -1 : 1))
			expect(seen).toEqual(byAge.map((account) => account.id))
		})

		it('ends a full last page without a cursor', async () => {
			const { accounts, tenants } = stores()
			const { id } = await tenants.create('full page')
			for (let count = 0; count < 2; count++) await accounts.create(newAccount(id))
			const page = await accounts.list(id, {}, { limit: 2 })
			expect(page.items).toHaveLength(2)
			expect(page).not.toHaveProperty('nextCursor')
		})
	})
}
