import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { connect, createServer, type Server } from 'node:tls'
import { afterEach, describe, expect, it } from 'vitest'
import { createCertificateAuthority, testAuthority } from './certificates.ts'

const servers: Server[] = []

afterEach(() => {
	for (const server of servers.splice(0)) server.close()
})

async function listen(names: string[]): Promise<number> {
	const server = createServer(await (await testAuthority()).issue(names), (socket) => socket.end())
	servers.push(server)
	server.listen(0, '127.0.0.1')
	await once(server, 'listening')
	return (server.address() as AddressInfo).port
}

describe('certificate authority', () => {
	it('issues certificates that a client which trusts the authority accepts, by name and by address', async () => {
		const port = await listen(['sip.example.com', '127.0.0.1'])
		const { cert: ca } = await testAuthority()
		for (const identity of [{ servername: 'sip.example.com' }, {}]) {
			const socket = connect({ host: '127.0.0.1', port, ca, ...identity })
			await once(socket, 'secureConnect')
			expect(socket.authorized).toBe(true)
			socket.destroy()
		}
	})

	it('is not trusted by a client that knows another authority', async () => {
		const port = await listen(['127.0.0.1'])
		const stranger = await createCertificateAuthority()
		const socket = connect({ host: '127.0.0.1', port, ca: stranger.cert })
		await expect(once(socket, 'secureConnect')).rejects.toThrow(/unable to verify|signature/)
	})
})
