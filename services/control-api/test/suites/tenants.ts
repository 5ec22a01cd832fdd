import { describe, expect, it } from 'vitest'
import { created, createTenant, unique, violated } from '../builders.ts'
import { ADMIN_TOKEN, type Harness } from '../harness.ts'

export function tenantSuite(api: () => Harness): void {
	const admin = (method: string, url: string, body?: unknown) => api().request(ADMIN_TOKEN, method, url, body)

	describe('tenants', () => {
		it('are created, shown and listed page by page', async () => {
			const names = [unique('acme'), unique('acme'), unique('acme')]
			for (const name of names) {
				const response = await admin('POST', '/v1/tenants', { name })
				expect(response.status).toBe(201)
				expect(response.headers.location).toBe(`/v1/tenants/${response.body.id}`)
				const shown = await admin('GET', `/v1/tenants/${response.body.id}`)
				expect(shown.body).toEqual({ ...response.body, refusedCalls: [] })
			}
			const seen: string[] = []
			let cursor = ''
			do {
				const page = (await admin('GET', `/v1/tenants?limit=2${cursor && `&cursor=${cursor}`}`)).body
				expect(page.items.length).toBeLessThanOrEqual(2)
				seen.push(...page.items.map((tenant: { name: string }) => tenant.name))
				cursor = page.nextCursor ?? ''
			} while (cursor !== '')
			expect(seen.filter((name) => names.includes(name))).toHaveLength(3)
			expect(new Set(seen).size).toBe(seen.length)
		})

		it('are refused without a name, with an empty one, with unknown fields, all named at once', async () => {
			expect(violated(await admin('POST', '/v1/tenants', {}))).toEqual(['name:required'])
			const response = await admin('POST', '/v1/tenants', { name: '', colour: 'red' })
			expect(response.status).toBe(422)
			expect(violated(response).sort()).toEqual(['colour:unknown', 'name:minimum'])
		})

		it('are 404 when unknown', async () => {
			for (const url of ['/v1/tenants/none', '/v1/tenants/none/api-keys', '/v1/tenants/%00%20']) {
				expect((await admin('GET', url)).status).toBe(404)
			}
			expect((await admin('POST', '/v1/tenants/none/api-keys', { name: 'x' })).status).toBe(404)
		})
	})

	describe('API keys', () => {
		it('are shown once, and work until they are revoked', async () => {
			const tenant = created(await admin('POST', '/v1/tenants', { name: unique('acme') }))
			const keys = `/v1/tenants/${tenant.id}/api-keys`
			const key = created(await admin('POST', keys, { name: 'production' }))
			expect(key.key).toMatch(/^vgl_key_[A-Za-z0-9_-]{43}$/)
			const list = await admin('GET', keys)
			expect(list.body.items).toHaveLength(1)
			expect((await admin('GET', `${keys}?cursor=none`)).status).toBe(400)
			expect(list.text).not.toContain(key.key)

			expect((await api().request(key.key, 'GET', '/v1/accounts')).status).toBe(200)
			expect((await admin('DELETE', `${keys}/${key.id}`)).status).toBe(204)
			expect((await api().request(key.key, 'GET', '/v1/accounts')).status).toBe(401)
			expect((await admin('GET', keys)).body.items[0].revokedAt).toBeDefined()
		})

		it('of another tenant cannot be revoked through this one', async () => {
			const [one, two] = [await createTenant(api()), await createTenant(api())]
			const [key] = (await admin('GET', `/v1/tenants/${two.id}/api-keys`)).body.items
			expect((await admin('DELETE', `/v1/tenants/${one.id}/api-keys/${key.id}`)).status).toBe(404)
			expect((await api().request(two.key, 'GET', '/v1/accounts')).status).toBe(200)
		})
	})

	describe('scopes', () => {
		it('admit only their own kind of token', async () => {
			const tenant = await createTenant(api())
			const cases = [
				[undefined, '/v1/tenants'],
				['wrong', '/v1/tenants'],
				[tenant.key, '/v1/tenants'],
				[undefined, '/v1/accounts'],
				[ADMIN_TOKEN, '/v1/accounts'],
				['vgl_key_unknown', '/v1/accounts'],
				[tenant.key, '/v1/devices/me'],
				['vgl_dev_unknown', '/v1/devices/me'],
			] as const
			for (const [token, url] of cases) {
				const response = await api().request(token, 'GET', url)
				expect([url, response.status]).toEqual([url, 401])
				expect(response.headers['www-authenticate']).toContain('Bearer realm="vigil"')
				expect(response.headers['content-type']).toContain('application/problem+json')
			}
		})

		it('refuse credentials of another form', async () => {
			const response = await api().request(undefined, 'GET', '/v1/tenants', undefined, { authorization: 'Basic YTpi' })
			expect(response.status).toBe(401)
		})
	})
}
