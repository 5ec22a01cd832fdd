import { silentLogger } from '@vigil/runtime'
import { describe, expect, it } from 'vitest'
import { createTenant, validAccount } from '../builders.ts'
import { ADMIN_TOKEN, type Harness, send } from '../harness.ts'

export function requestSuite(api: () => Harness): void {
	describe('every error', () => {
		it.each([
			['GET', '/v1/nothing', undefined, {}, 404],
			['PUT', '/v1/tenants', {}, {}, 404],
			['POST', '/v1/tenants', '{"name":', { 'content-type': 'application/json' }, 400],
			['POST', '/v1/tenants', '{"__proto__":{"x":1}}', { 'content-type': 'application/json' }, 400],
			['POST', '/v1/tenants', 'name=x', { 'content-type': 'application/x-www-form-urlencoded' }, 415],
			['POST', '/v1/tenants', 'x', { 'content-type': 'text/plain' }, 415],
			['POST', '/v1/tenants', `{"name":"${'x'.repeat(140_000)}"}`, { 'content-type': 'application/json' }, 413],
			['POST', '/v1/tenants', '', { 'content-type': 'application/json' }, 422],
			['POST', '/v1/tenants', '[]', { 'content-type': 'application/json' }, 422],
			['POST', '/v1/tenants', 'null', { 'content-type': 'application/json' }, 422],
		])('is a problem document: %s %s %#', async (method, url, body, headers, status) => {
			const response = await api().request(ADMIN_TOKEN, method, url, body, headers)
			expect(response.status).toBe(status)
			expect(response.headers['content-type']).toContain('application/problem+json')
			expect(response.body).toMatchObject({
				type: expect.stringMatching(/^\/problems\/[a-z-]+$/),
				title: expect.any(String),
				status,
				instance: expect.stringMatching(/^urn:uuid:/),
			})
			const explained = await api().request(undefined, 'GET', response.body.type)
			expect(explained.body.status).toBe(status)
		})

		it('that quotes the request quotes it as text that every parser takes', async () => {
			const response = await api().request(ADMIN_TOKEN, 'POST', '/v1/tenants', '{"name":"x","a\\udcfc\\u0000":1}', {
				'content-type': 'application/json',
			})
			expect(response.status).toBe(422)
			expect(response.body.errors).toEqual([
				{ field: 'a\ufffd\ufffd', rule: 'unknown', message: 'is not a known field' },
			])
		})

		it('of the service itself says nothing about the inside, and is logged', async () => {
			const logged: object[] = []
			const app = await api().variant({
				logger: { ...silentLogger, error: (fields) => void logged.push(fields) },
				stores: {
					...api().stores,
					tenants: {
						...api().stores.tenants,
						list: async () => {
							throw new Error('password "hunter2" is wrong for db.internal')
						},
					},
				},
			})
			const response = await send(app, ADMIN_TOKEN, 'GET', '/v1/tenants')
			expect(response.status).toBe(500)
			expect(response.text).not.toMatch(/hunter2|db\.internal|stack/)
			expect(logged).toHaveLength(1)
			expect(logged[0]).toMatchObject({ requestId: response.body.instance.replace('urn:uuid:', '') })
			await app.close()
		})

		it('of an unreachable database is 503', async () => {
			const unreachable = Object.assign(new Error('db.internal refuses'), { name: 'DatabaseUnavailableError' })
			const app = await api().variant({
				stores: {
					...api().stores,
					tenants: { ...api().stores.tenants, findApiKey: () => Promise.reject(unreachable) },
				},
			})
			const response = await send(app, 'vgl_key_x', 'GET', '/v1/accounts')
			expect(response.status).toBe(503)
			expect(response.text).not.toContain('db.internal')
			await app.close()
		})
	})

	describe('browsers', () => {
		const preflight = { origin: 'https://phone.example.org', 'access-control-request-method': 'POST' }

		it('of any origin may call, with a bearer token and never with cookies', async () => {
			const { key } = await createTenant(api())
			const asked = await api().request(undefined, 'OPTIONS', '/v1/devices/me/handoff', undefined, preflight)
			expect(asked.status).toBe(204)
			expect(asked.headers).toMatchObject({
				'access-control-allow-origin': '*',
				'access-control-allow-methods': expect.stringContaining('PATCH'),
				'access-control-allow-headers': 'authorization, content-type, idempotency-key',
			})
			const headers = { origin: preflight.origin }
			const response = await api().request(key, 'POST', '/v1/accounts', validAccount(), headers)
			expect(response.headers['access-control-allow-origin']).toBe('*')
			expect(response.headers['access-control-allow-credentials']).toBeUndefined()
			const refused = await api().request('wrong', 'GET', '/v1/accounts', undefined, headers)
			expect([refused.status, refused.headers['access-control-allow-origin']]).toEqual([401, '*'])
		})

		it('of other origins may not when origins are set', async () => {
			const app = await api().variant({ corsOrigins: [preflight.origin] })
			const from = (origin: string) =>
				send(app, undefined, 'OPTIONS', '/v1/devices', undefined, { ...preflight, origin })
			expect((await from(preflight.origin)).headers).toMatchObject({
				'access-control-allow-origin': preflight.origin,
				vary: expect.stringContaining('origin'),
			})
			const other = await from('https://evil.example')
			expect(other.headers['access-control-allow-origin']).toBeUndefined()
			await app.close()
		})

		it('are told to be careful with what they get', async () => {
			const { headers } = await api().request(undefined, 'GET', '/healthz')
			expect(headers['x-content-type-options']).toBe('nosniff')
			expect(headers['content-security-policy']).toContain("default-src 'self'")
		})
	})
}
