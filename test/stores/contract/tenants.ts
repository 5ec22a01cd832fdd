import type { ApiKeyId, TenantId } from '@vigil/domain'
import { describe, expect, it } from 'vitest'
import type { ContractStores } from './contract-stores.ts'

/** What every store of its kind does. */
export function tenantStoreContract(stores: () => ContractStores): void {
	describe('tenants', () => {
		it('are found again by id', async () => {
			const tenant = await stores().tenants.create('Example Ltd')
			expect(tenant.id).toMatch(/^ten_[A-Za-z0-9_-]{22}$/)
			expect(await stores().tenants.find(tenant.id)).toEqual(tenant)
			expect(await stores().tenants.find('ten_none' as TenantId)).toBeUndefined()
		})

		it('are listed in pages, oldest first, each once', async () => {
			const { tenants } = stores()
			for (const name of ['a', 'b', 'c', 'd', 'e']) await tenants.create(name)
			const seen: { readonly id: string; readonly name: string }[] = []
			let cursor: string | undefined
			do {
				const page = await tenants.list({ limit: 2, ...(cursor && { cursor }) })
				expect(page.items.length).toBeLessThanOrEqual(2)
				seen.push(...page.items)
				cursor = page.nextCursor
			} while (cursor)
			expect(seen.slice(-5).map(({ name }) => name)).toEqual(['a', 'b', 'c', 'd', 'e'])
			expect(new Set(seen.map(({ id }) => id)).size).toBe(seen.length)
		})

		it.each(['nonsense', Buffer.from('[1]').toString('base64url'), Buffer.from('["x","y"]').toString('base64url')])(
			'refuse the foreign cursor %s',
			async (cursor) => {
				await expect(stores().tenants.list({ limit: 2, cursor })).rejects.toMatchObject({ name: 'InvalidCursorError' })
			},
		)
	})

	describe('API keys', () => {
		it('are found by digest until they are revoked', async () => {
			const { tenants } = stores()
			const tenant = await tenants.create('keys')
			const key = await tenants.createApiKey(tenant.id, 'ci', 'digest-1')
			expect(await tenants.findApiKey('digest-1')).toEqual(key)
			expect(await tenants.revokeApiKey(tenant.id, key.id)).toBe(true)
			expect(await tenants.findApiKey('digest-1')).toBeUndefined()
			const [listed] = (await tenants.listApiKeys(tenant.id, { limit: 10 })).items
			expect(listed).toEqual({ ...key, revokedAtMs: expect.any(Number) })
		})

		it('belong to their tenant alone', async () => {
			const { tenants } = stores()
			const [mine, other] = [await tenants.create('mine'), await tenants.create('other')]
			const key = await tenants.createApiKey(mine.id, 'ci', 'digest-2')
			expect(await tenants.listApiKeys(other.id, { limit: 10 })).toEqual({ items: [] })
			expect(await tenants.revokeApiKey(other.id, key.id)).toBe(false)
			expect(await tenants.revokeApiKey(mine.id, 'key_none' as ApiKeyId)).toBe(false)
			expect(await tenants.findApiKey('digest-2')).toEqual(key)
		})

		it('need a tenant that exists', async () => {
			const made = stores().tenants.createApiKey('ten_none' as TenantId, 'ci', 'digest-3')
			await expect(made).rejects.toMatchObject({ name: 'MissingReferenceError' })
		})
	})
}
