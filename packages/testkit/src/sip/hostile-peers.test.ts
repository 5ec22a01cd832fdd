import { createSocket } from 'node:dgram'
import { connect } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { startScriptedCaller } from '../scripted-caller.ts'
import { type ScriptedRegistrar, startScriptedRegistrar } from '../scripted-registrar.ts'
import { until } from '../until.ts'

const closing: { close(): unknown }[] = []

afterEach(async () => {
	await Promise.all(closing.splice(0).map((one) => one.close()))
})

async function registrar(): Promise<ScriptedRegistrar> {
	const server = await startScriptedRegistrar({ users: { alice: 'wonderland' } })
	closing.push(server)
	return server
}

async function phone(server: ScriptedRegistrar) {
	const alice = await startScriptedCaller({
		uri: 'sip:alice@example.test',
		server: { transport: 'udp', host: server.host, port: server.port },
		credentials: { username: 'alice', password: 'wonderland' },
	})
	closing.push(alice)
	return alice
}

function request(method: string, uri: string, route: string): string {
	return [
		`${method} ${uri} SIP/2.0`,
		'Via: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bKhostile;rport',
		...(route === '' ? [] : [`Route: <${route}>`]),
		'Max-Forwards: 70',
		'From: <sip:mallory@example.test>;tag=1',
		'To: <sip:alice@example.test>;tag=2',
		'Call-ID: hostile',
		`CSeq: 1 ${method}`,
		'Content-Length: 0',
		'',
		'',
	].join('\r\n')
}

const UNREACHABLE = [
	'sip:x@127.0.0.1:0',
	'sip:x@127.0.0.1:0;transport=tcp',
	'sip:x@999.999.999.999',
	'sip:x@999.999.999.999;transport=tcp',
	'sip:x@[::1]',
	'sip:x@[::1];transport=tcp',
	'sip:x@...',
]

describe.each(UNREACHABLE)('a request for %s', (uri) => {
	it.each([
		['by its Request-URI', uri, ''],
		['by its Route', 'sip:alice@example.test', uri],
	])('%s is lost, and the server goes on', async (_, target, route) => {
		const server = await registrar()
		const socket = createSocket('udp4')
		closing.push(socket)
		for (const method of ['OPTIONS', 'INVITE', 'ACK', 'BYE', 'CANCEL']) {
			socket.send(request(method, target, route), server.port, server.host)
		}
		expect((await (await phone(server)).register()).status).toBe(200)
	})
})

it('cuts a stream that never becomes a message', async () => {
	const server = await registrar()
	const socket = connect(server.port, server.host)
	const closed = new Promise((resolve) => socket.once('close', resolve))
	socket.on('error', () => {})
	socket.write(Buffer.alloc(2 ** 20, 'A'))
	await closed
	await until(() => server.wire.openConnections === 0)
})

it('is silent after it was closed, and may be closed again', async () => {
	const server = await registrar()
	const alice = await phone(server)
	await alice.register()
	const call = alice.invite('sip:alice@example.test')
	await server.calls.next()
	await server.close()
	const { request: invite, branches } = server.calls.items[0] ?? { request: call.invite, branches: [] }
	for (const { to } of branches) server.wire.send(invite, to)
	await server.close()
})

it('gives its UDP port back when the TCP port is taken', async () => {
	const server = await registrar()
	await expect(startScriptedRegistrar({ port: server.port })).rejects.toMatchObject({ code: 'EADDRINUSE' })
	await server.close()
	closing.push(await startScriptedRegistrar({ port: server.port }))
})
