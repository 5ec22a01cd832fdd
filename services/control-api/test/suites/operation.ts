import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { get } from 'node:https'
import type { TLSSocket } from 'node:tls'
import { createMetrics } from '@vigil/runtime'
import { testAuthority } from '@vigil/testkit'
import { describe, expect, it } from 'vitest'
import { startControlApi } from '../../src/service.ts'
import { ADMIN_TOKEN, type Harness } from '../harness.ts'

export function operationSuite(api: () => Harness): void {
	describe('probes', () => {
		it('say that the process is alive', async () => {
			expect((await api().request(undefined, 'GET', '/healthz')).body).toEqual({ status: 'alive' })
		})

		it('leave readiness and metrics to the operations port', async () => {
			for (const path of ['/readyz', '/metrics']) {
				expect([path, (await api().request(undefined, 'GET', path)).status]).toEqual([path, 404])
			}
		})

		it('are counted by route, not by URL', async () => {
			await api().request(ADMIN_TOKEN, 'GET', '/v1/tenants/some-tenant')
			const { body } = await api().metrics.expose()
			expect(body).toContain(
				'vigil_http_request_duration_seconds_count{method="GET",route="/v1/tenants/:id",status="404"}',
			)
			expect(body).not.toContain('some-tenant')
		})

		it('explain types of problems', async () => {
			expect((await api().request(undefined, 'GET', '/problems/none')).status).toBe(404)
		})
	})

	describe('the description of the API', () => {
		it('covers every route, with its credential and its errors', async () => {
			const { body } = await api().request(undefined, 'GET', '/docs/json')
			expect(body.openapi).toBe('3.1.0')
			const operations = Object.entries(body.paths as Record<string, Record<string, Operation>>).flatMap(
				([path, methods]) => Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
			)
			const scopes = Object.fromEntries(
				operations.map(({ path, method, operation }) => [
					`${method.toUpperCase()} ${path}`,
					Object.keys(operation.security?.[0] ?? { none: [] })[0],
				]),
			)
			expect(scopes).toEqual(SCOPES)
			for (const { path, operation } of operations) {
				expect([path, operation.responses.default?.content]).toEqual([path, PROBLEM_CONTENT])
				expect(operation.summary).toMatch(/^[A-Z]/)
			}
			expect(body.components.schemas.Problem.required).toEqual(['type', 'title', 'status'])
		})

		it('is a page that needs nothing from elsewhere', async () => {
			const page = await api().request(undefined, 'GET', '/docs/')
			expect(page.status).toBe(200)
			const assets = [...page.text.matchAll(/(?:src|href)="([^"]+)"/g)].map((match) => match[1] ?? '')
			expect(assets.length).toBeGreaterThan(3)
			for (const asset of assets) {
				expect(asset).toMatch(/^\.?\/(?!\/)/)
				const { status } = await api().request(undefined, 'GET', new URL(asset, 'http://x/docs/').pathname)
				expect([asset, status]).toEqual([asset, 200])
			}
			const script = await api().request(undefined, 'GET', '/docs/static/swagger-initializer.js')
			expect(script.text.replace(/^\s*\/\/.*$/gm, '')).not.toMatch(/https?:\/\//)
			expect(page.headers['content-security-policy']).not.toMatch(/https?:/)
		})
	})

	describe('the server', () => {
		it('listens on a port of the system’s choice and closes', async () => {
			const server = await startControlApi({ ...api().deps, metrics: createMetrics() }, { host: '127.0.0.1', port: 0 })
			expect(server.url).toBe(`http://127.0.0.1:${server.port}`)
			expect((await fetch(`${server.url}/healthz`)).status).toBe(200)
			await server.close()
			await expect(fetch(`${server.url}/healthz`)).rejects.toThrow()
		})

		it('speaks HTTPS with a certificate, and with the renewed one from then on', async () => {
			const authority = await testAuthority()
			const [first, renewed] = [await authority.issue(['localhost']), await authority.issue(['localhost'])]
			const options = { host: '127.0.0.1', port: 0, tls: first }
			const server = await startControlApi({ ...api().deps, metrics: createMetrics() }, options)
			expect(server.url).toBe(`https://127.0.0.1:${server.port}`)
			const shown = async () => {
				const ask = {
					host: '127.0.0.1',
					port: server.port,
					path: '/healthz',
					servername: 'localhost',
					ca: authority.cert,
				}
				const answered = get({ ...ask, agent: false })
				const [response] = (await once(answered, 'response')) as [IncomingMessage]
				response.resume()
				return [response.statusCode, (response.socket as TLSSocket).getPeerX509Certificate()?.toString().trim()]
			}
			expect(await shown()).toEqual([200, first.cert.trim()])
			server.setTls(renewed)
			expect(await shown()).toEqual([200, renewed.cert.trim()])
			await expect(fetch(`http://127.0.0.1:${server.port}/healthz`)).rejects.toThrow()
			await server.close()
		})

		it('says so when the address is taken', async () => {
			const first = await startControlApi({ ...api().deps, metrics: createMetrics() }, { host: '127.0.0.1', port: 0 })
			const second = startControlApi(
				{ ...api().deps, metrics: createMetrics() },
				{ host: '127.0.0.1', port: first.port },
			)
			await expect(second).rejects.toThrow(/EADDRINUSE/)
			await first.close()
		})
	})
}

interface Operation {
	readonly summary: string
	readonly security?: Record<string, unknown>[]
	readonly responses: Record<string, { readonly content?: unknown }>
}

const PROBLEM_CONTENT = { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } }

const SCOPES = {
	'POST /v1/tenants': 'admin',
	'GET /v1/tenants': 'admin',
	'GET /v1/tenants/{id}': 'admin',
	'POST /v1/tenants/{id}/api-keys': 'admin',
	'GET /v1/tenants/{id}/api-keys': 'admin',
	'DELETE /v1/tenants/{id}/api-keys/{keyId}': 'admin',
	'GET /v1/tenants/{id}/settings': 'admin',
	'PATCH /v1/tenants/{id}/settings': 'admin',
	'GET /v1/settings': 'tenant',
	'PATCH /v1/settings': 'tenant',
	'POST /v1/push-apps': 'tenant',
	'GET /v1/push-apps': 'tenant',
	'GET /v1/push-apps/{id}': 'tenant',
	'PUT /v1/push-apps/{id}': 'tenant',
	'DELETE /v1/push-apps/{id}': 'tenant',
	'POST /v1/accounts': 'tenant',
	'GET /v1/accounts': 'tenant',
	'GET /v1/accounts/{id}': 'tenant',
	'PATCH /v1/accounts/{id}': 'tenant',
	'DELETE /v1/accounts/{id}': 'tenant',
	'GET /v1/accounts/{id}/attributes': 'tenant',
	'PUT /v1/accounts/{id}/attributes': 'tenant',
	'GET /v1/accounts/{id}/registration': 'tenant',
	'POST /v1/accounts/{id}/probe': 'tenant',
	'POST /v1/accounts/{id}/enrolments': 'tenant',
	'GET /v1/devices': 'tenant',
	'GET /v1/devices/{id}': 'tenant',
	'DELETE /v1/devices/{id}': 'tenant',
	'POST /v1/devices/{id}/test-push': 'tenant',
	'GET /v1/calls': 'tenant',
	'GET /v1/calls/{id}': 'tenant',
	'GET /v1/devices/me': 'device',
	'PATCH /v1/devices/me': 'device',
	'DELETE /v1/devices/me': 'device',
	'POST /v1/devices/me/lines': 'device',
	'POST /v1/devices/me/handoff': 'device',
	'GET /v1/devices/me/handoff': 'device',
	'GET /v1/devices/me/handoff/events': 'device',
	'POST /v1/calls/{id}/decline': 'device',
	'POST /v1/devices': 'none',
	'GET /healthz': 'none',
	'GET /problems/{kind}': 'none',
}
