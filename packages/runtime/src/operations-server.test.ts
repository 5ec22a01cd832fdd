import { afterEach, describe, expect, it } from 'vitest'
import { realClock } from './clock.ts'
import { HealthRegistry } from './health.ts'
import { createMetrics } from './metrics.ts'
import { type OperationsServer, startOperationsServer } from './operations-server.ts'

let server: OperationsServer | undefined

afterEach(() => server?.close())

async function start() {
	const health = new HealthRegistry(realClock)
	const metrics = createMetrics()
	server = await startOperationsServer({ host: '127.0.0.1', port: 0, health, metrics })
	const { url } = server
	return { health, metrics, get: (path: string, method = 'GET') => fetch(`${url}${path}`, { method }) }
}

describe('the operations port', () => {
	it('says that the process is alive, and whether it can work', async () => {
		const { health, get } = await start()
		expect(await (await get('/healthz')).json()).toEqual({ status: 'alive' })
		const ready = async () => {
			const response = await get('/readyz')
			return [response.status, ((await response.json()) as { status: string }).status]
		}
		expect(await ready()).toEqual([200, 'ready'])
		const remove = health.addCritical('database', () => ({ ok: true, degraded: true, detail: 'slow: 300 ms' }))
		expect(await ready()).toEqual([200, 'degraded'])
		remove()
		health.addCritical('database', () => ({ ok: false, detail: 'read-only' }))
		expect(await ready()).toEqual([503, 'not-ready'])
	})

	it('shows metrics', async () => {
		const { metrics, get } = await start()
		metrics.counter({ name: 'things_total', help: 'Things.' }).add()
		const response = await get('/metrics')
		expect(response.headers.get('content-type')).toContain('text/plain')
		expect(await response.text()).toContain('vigil_things_total 1')
	})

	it('has nothing else', async () => {
		const { get } = await start()
		expect((await get('/v1/tenants')).status).toBe(404)
		expect((await get('/readyz', 'POST')).status).toBe(405)
		expect(await (await get('/readyz', 'HEAD')).text()).toBe('')
	})
})
