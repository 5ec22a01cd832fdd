import { connect as connectTls } from 'node:tls'
import { until } from '@vigil/testkit'
import { afterEach, describe, expect, it } from 'vitest'
import type { ClientTls, ListenOptions, ServerTls } from '../src/index.ts'
import { Peers } from './sockets.ts'

const peers = new Peers()
afterEach(() => peers.close())

describe.each(['tls', 'wss'] as const)('%s', (transport) => {
	async function server(change: Partial<ListenOptions> = {}, limits = {}) {
		const peer = peers.add({ limits })
		return { peer, listener: await peers.listen(peer, transport, change) }
	}

	async function connect(port: number, tls: ClientTls) {
		const client = peers.add()
		return client.manager.connect({ transport, host: '127.0.0.1', port, tls })
	}

	it('refuses a certificate of an unknown authority', async () => {
		const { listener } = await server()
		await expect(connect(listener.port, {})).rejects.toMatchObject({ code: 'certificate-rejected', retryable: false })
	})

	it('refuses a certificate for another name', async () => {
		const { listener } = await server()
		const { cert: ca } = await peers.authority()
		const attempt = connect(listener.port, { ca, servername: 'other.example.com' })
		await expect(attempt).rejects.toMatchObject({ code: 'certificate-rejected' })
	})

	it('verifies the domain that was resolved, not the address', async () => {
		const { listener } = await server({ tls: await peers.certificate(['sip.example.com']) })
		const { cert: ca } = await peers.authority()
		expect((await connect(listener.port, { ca, servername: 'sip.example.com' })).closed).toBe(false)
		await expect(connect(listener.port, { ca })).rejects.toMatchObject({ code: 'certificate-rejected' })
	})

	it('verifies nothing when told so, and does not share that connection with those who verify', async () => {
		const { listener } = await server()
		const client = peers.add()
		const target = { transport, host: '127.0.0.1', port: listener.port }
		const open = await client.manager.connect({ ...target, tls: { insecure: true } })
		expect(await client.manager.connect({ ...target, tls: { insecure: true } })).toBe(open)
		await expect(client.manager.connect(target)).rejects.toMatchObject({ code: 'certificate-rejected' })
	})

	it('changes its certificate while it listens', async () => {
		const { listener, peer } = await server({ tls: await peers.certificate(['127.0.0.1', 'old.example']) })
		const before = await namesOffered(listener.port)
		listener.setTls(await peers.certificate(['127.0.0.1', 'new.example']))
		expect([before, await namesOffered(listener.port)]).toEqual([
			expect.stringContaining('old.example'),
			expect.stringContaining('new.example'),
		])
		expect(() => listener.setTls({ cert: 'rubbish', key: 'rubbish' })).toThrow()
		expect(await namesOffered(listener.port)).toContain('new.example')
		expect(peer.manager.counters[transport].openFlows).toBe(0)
	})

	it('asks for a client certificate when told so', async () => {
		const { cert: clientCa } = await peers.authority()
		const { listener, peer } = await server({ tls: { ...(await peers.certificate()), clientCa } as ServerTls })
		const with_ = await connect(listener.port, { ca: clientCa, ...(await peers.certificate(['client.example'])) })
		expect(with_.closed).toBe(false)
		await until(() => peer.opened.length === 1)
		// With TLS 1.3 the client may be through before the server has looked: the flow ends then.
		const without = await connect(listener.port, { ca: clientCa }).catch(() => undefined)
		await until(() => without === undefined || without.closed)
		expect(peer.opened).toHaveLength(1)
	})

	it('does not start with a key that is not the certificate’s', async () => {
		const { cert } = await peers.certificate()
		const { key } = await peers.certificate()
		await expect(server({ tls: { cert, key } })).rejects.toThrow()
		await expect(peers.add().manager.listen({ transport, port: 0 })).rejects.toThrow(TypeError)
	})

	it('gives up on a handshake that does not end, and frees its place', async () => {
		const { listener, peer } = await server({}, { setupTimeoutMs: 50, maxConnectionsPerSource: 1 })
		const silent = await peers.raw(listener.port)
		await until(() => silent.ended)
		const text = await peers.raw(listener.port)
		text.socket.write('OPTIONS sip:a SIP/2.0\r\n\r\n')
		await until(() => text.ended)
		expect(peer.opened).toEqual([])
		expect(peer.manager.counters[transport].connectionsRefused).toBe(0)
	})

	it('closes while a handshake is under way', async () => {
		const { listener } = await server()
		const silent = await peers.raw(listener.port)
		await listener.close()
		await until(() => silent.ended)
	})
})

/** The names in the certificate that a listener shows. */
async function namesOffered(port: number): Promise<string> {
	const socket = connectTls({ host: '127.0.0.1', port, rejectUnauthorized: false })
	await until(() => socket.getPeerCertificate()?.subjectaltname !== undefined)
	const names = socket.getPeerCertificate().subjectaltname ?? ''
	socket.destroy()
	return names
}
