import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { DeviceBinding, DeviceId } from '@vigil/domain'
import { createMetrics } from '@vigil/runtime'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { addEdgeMetrics, EdgeConfigError } from '../src/index.ts'
import { EdgeFixture, PASSWORD } from './support/edge-fixture.ts'

let fixture: EdgeFixture

beforeEach(async () => {
	fixture = await new EdgeFixture().start()
})

afterEach(async () => {
	await fixture.close()
})

function row(deviceId: string, route: string): DeviceBinding {
	return {
		deviceId: deviceId as DeviceId,
		bindingId: 'b',
		route,
		contact: 'sip:x@y',
		attachedAtMs: 0,
		expiresAtMs: 1,
	}
}

describe('an edge that goes down', () => {
	it('takes no new device while it drains, and serves those it has', async () => {
		const { device, reach } = await fixture.attached()
		await fixture.edge.drain()
		expect(fixture.edge.health()).toEqual({ ok: false, detail: 'draining, 1 devices attached' })
		const late = await fixture.device()
		const refused = await late.register({ password: PASSWORD })
		expect(refused.status).toBe(503)
		expect(refused.headers.has('Retry-After')).toBe(true)
		expect((await device.register({ password: PASSWORD })).status).toBe(200)
		const worker = await fixture.worker()
		worker.invite(reach)
		await device.invites.next()
	})

	it('waits for transactions under way', async () => {
		const { device, reach } = await fixture.attached()
		const worker = await fixture.worker()
		const sent = worker.invite(reach)
		const invited = await device.invites.next()
		let isDrained = false
		const drained = fixture.edge.drain().then(() => {
			isDrained = true
		})
		expect(isDrained).toBe(false)
		invited.accept()
		await sent.final()
		await drained
	})

	it('tells of every device that it lets go, and leaves no row', async () => {
		const { device } = await fixture.attached()
		await fixture.untilStored(device.deviceId)
		const closed = new Promise((resolve) => device.flow.onClose(resolve))
		await Promise.all([fixture.edge.close(), fixture.edge.close()])
		await closed
		await fixture.untilDetached(device.deviceId)
		expect(fixture.bindings.rows.size).toBe(0)
		expect(fixture.signals.subscriptions).toBe(0)
		expect(fixture.edge.health().ok).toBe(false)
	})
})

describe('an edge that starts', () => {
	it('removes what an earlier run of it left, and nothing else', async () => {
		const { reach } = await fixture.attached()
		const other = reach.route.replace(/:(\d+);/, ':$19;')
		const { port } = fixture.edge.addresses.internal[0] ?? { port: 0 }
		await fixture.edge.close()
		const again = new EdgeFixture()
		await again.bindings.save(row('left-over', reach.route))
		await again.bindings.save(row('elsewhere', other))
		await again.start({ internalListener: { host: '127.0.0.1', port, transports: ['tcp'] } })
		expect([...again.bindings.rows.keys()]).toEqual(['elsewhere'])
		await again.close()
	})

	it.each([
		['no listener', { publicListeners: [] }],
		['no internal transport', { internalListener: { host: '127.0.0.1', port: 0, transports: [] } }],
		['an internal wildcard without a name', { internalListener: { host: '0.0.0.0', port: 0, transports: ['tcp'] } }],
		['lives that contradict', { minExpiresSeconds: 700, maxExpiresSeconds: 600 }],
	] as const)('refuses %s in one sentence', async (_, overrides) => {
		await expect(new EdgeFixture().start(overrides)).rejects.toBeInstanceOf(EdgeConfigError)
	})

	it('leaves nothing open when a socket is taken', async () => {
		const taken = fixture.publicAddress('tcp')
		const second = new EdgeFixture()
		const publicListeners = [{ transport: 'tcp', host: taken.host, port: taken.port }] as const
		await expect(second.start({ publicListeners })).rejects.toMatchObject({ code: 'address-in-use' })
		expect(second.signals.subscriptions).toBe(0)
	})

	it('can share the port of an HTTP server', async () => {
		const server = createServer((_request, response) => response.end('hello'))
		await once(server.listen(0, '127.0.0.1'), 'listening')
		const { port } = server.address() as AddressInfo
		const shared = await new EdgeFixture().start({ publicListeners: [{ transport: 'ws', server, path: '/sip' }] })
		expect(shared.publicAddress('ws').port).toBe(port)
		expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toBe('hello')
		const ws = new WebSocket(`ws://127.0.0.1:${port}/sip`, 'sip')
		await once(ws, 'open')
		ws.close()
		await shared.close()
		server.close()
	})

	it('shows its numbers', async () => {
		const metrics = createMetrics()
		addEdgeMetrics(metrics, fixture.edge)
		await fixture.attached()
		const { body } = await metrics.expose()
		expect(body).toContain('vigil_edge_attached_devices 1')
		expect(body).toContain('vigil_edge_registers_accepted 1')
	})
})
