import type { DeviceId } from '@vigil/domain'
import type { RegistrationWorker } from '@vigil/registration-worker'
import { realClock, silentLogger } from '@vigil/runtime'
import {
	createCertificateAuthority,
	DnsServer,
	type IncomingCall,
	type ScriptedCaller,
	startScriptedCaller,
	until,
} from '@vigil/testkit'
import { afterEach, describe, expect, it } from 'vitest'
import { ConnectionServer } from '../world/connection-server.ts'
import { accountOf, sleepingDevice, startLoneWorker } from '../world/lone-worker.ts'
import { MemoryPorts } from '../world/memory-ports.ts'

// A SIP server that can be reached by the connection alone: what its Contact names is an address that its certificate does not
// carry (Asterisk over TLS), a path that is not `/` (Asterisk over WebSocket), or the port of another transport (FreeSWITCH).

const NAME = 'pbx.test'
/** Longer than a test lasts: the account registers once, unless it has a reason to do so before. */
const REFRESH = { registrationRefreshSeconds: 3600 }

const closing: (() => Promise<unknown>)[] = []

afterEach(async () => {
	for (const close of closing.splice(0).reverse()) await close()
})

interface World {
	readonly server: ConnectionServer
	readonly phone: ScriptedCaller
	readonly worker: RegistrationWorker
}

async function start(transport: 'tls' | 'ws' | 'wss' | 'tcp', path?: string): Promise<World> {
	const authority = await createCertificateAuthority()
	const secure = transport === 'tls' || transport === 'wss'
	const tls = secure ? { tls: await authority.issue([NAME]) } : {}
	const server = await ConnectionServer.start({ transport, ...(path && { path }), ...tls })
	closing.push(() => server.close())
	const dns = await DnsServer.start({ [NAME]: { addresses: ['127.0.0.1'] } })
	closing.push(async () => dns.close())
	const ports = new MemoryPorts()
	const change = { transport, ...(path && { webSocketPath: path }) }
	const account = accountOf('alice', `${NAME}:${server.port}`, change)
	ports.accountsById.set(account.id, { ...account, attributes: { ...account.attributes, ...REFRESH } })
	const device = sleepingDevice('phone', [account.id])
	ports.devicesById.set(device.id, device)
	const worker = await startLoneWorker(ports, realClock, silentLogger, {
		dnsServers: [dns.address],
		upstreamCa: authority.cert,
	})
	closing.push(() => worker.close())
	const [host = '', port = ''] = worker.internalHostPort.split(':')
	const phone = await startScriptedCaller({
		uri: 'sip:phone@edge.test',
		server: { host, port: Number(port), transport: 'tcp' },
	})
	closing.push(() => phone.close())
	await until(() => server.registers.length > 0, { what: 'the account to register' })
	const contact = `sip:phone@${phone.host}:${phone.port};transport=tcp`
	const attached = {
		deviceId: device.id as DeviceId,
		bindingId: 'b1',
		contact,
		route: `${contact};lr`,
		atMs: Date.now(),
	}
	await ports.signals.publish('device.attached', attached)
	return { server, phone, worker }
}

async function answered({ server, phone }: World) {
	const call = server.call()
	const incoming: IncomingCall = await phone.incoming.next()
	await incoming.answer('v=0\r\n')
	await until(() => call.dialog !== undefined, { what: 'the answer' })
	return { call, incoming }
}

const CONTACTS = [
	[
		'tls',
		'its address, which its certificate does not carry',
		undefined,
		(port: number) => `127.0.0.1:${port};transport=tls`,
	],
	['ws', 'its path', '/ws', (port: number) => `127.0.0.1:${port};transport=ws`],
	['wss', 'a port of UDP where nobody listens, and no transport', '/ws', () => '127.0.0.1:9'],
	['wss', 'a private address', '/ws', () => '10.255.255.1:5060;transport=ws'],
] as const

describe.each(CONTACTS)('over %s, a server whose Contact hides %s', (transport, _what, path, place) => {
	it('gets the BYE and re-INVITE of the phone by the connection that the call came by', async () => {
		const world = await start(transport, path)
		const { server } = world
		server.contact = `sip:asterisk@${place(server.port)}`
		const { call, incoming } = await answered(world)
		expect((await incoming.dialog.request('INFO')).status).toBe(200)
		expect((await incoming.dialog.reinvite('v=0\r\n')).status).toBe(200)
		expect((await incoming.dialog.bye()).status).toBe(200)
		await until(() => call.requests.some(({ method }) => method === 'BYE'), { what: 'the BYE' })
		expect(new Set(call.requests.map(({ flow }) => flow.id))).toEqual(new Set([server.flows[0]?.id]))
		expect(server.flows).toHaveLength(1)
	})

	it('gets them by the connection of the registration, once that one has ended', async () => {
		const world = await start(transport, path)
		const { server } = world
		server.contact = `sip:asterisk@${place(server.port)}`
		const { call, incoming } = await answered(world)
		server.dropConnections()
		await until(() => server.registers.length > 1, { what: 'the account to register again' })
		expect((await incoming.dialog.bye()).status).toBe(200)
		await until(() => call.requests.some(({ method }) => method === 'BYE'), { what: 'the BYE' })
		expect(call.requests.at(-1)?.flow.id).toBe(server.flow.id)
	})
})

describe('a connection that ends while a call waits for its phone', () => {
	it.each(['tcp', 'tls', 'ws'] as const)(
		'over %s: the answer goes by the one that was opened anew',
		async (transport) => {
			const world = await start(transport)
			const { server, phone } = world
			server.contact = 'sip:asterisk@127.0.0.1:9'
			const call = server.call()
			const incoming = await phone.incoming.next()
			incoming.ring()
			await until(() => call.statuses.includes(180), { what: '180' })
			server.dropConnections()
			await until(() => server.registers.length > 1, { what: 'the account to register again' })
			await incoming.answer('v=0\r\n')
			expect((await incoming.dialog.bye()).status).toBe(200)
			await until(() => call.requests.at(-1)?.method === 'BYE', { what: 'the BYE' })
		},
	)
})
