import type { RegistrationWorker } from '@vigil/registration-worker'
import type { SipEdge } from '@vigil/sip-edge'
import { until, VirtualClock } from '@vigil/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startLoneEdge } from '../world/lone-edge.ts'
import { accountOf, sleepingDevice, startLoneWorker } from '../world/lone-worker.ts'
import { MemoryPorts } from '../world/memory-ports.ts'
import { RawPeer } from '../world/raw-peer.ts'

// What strangers may make the two doors of the service hold or read: the upstream side of a worker, and the public side of an edge.

const CONNECTIONS_OF_ONE_SOURCE = 256

let worker: RegistrationWorker
let edge: SipEdge

beforeAll(async () => {
	const ports = new MemoryPorts()
	const account = accountOf('held', '127.0.0.1:9')
	const device = sleepingDevice('phone', [account.id])
	ports.accountsById.set(account.id, account)
	ports.devicesById.set(device.id, device)
	worker = await startLoneWorker(ports, new VirtualClock())
	edge = await startLoneEdge(new MemoryPorts(), new VirtualClock())
})

afterAll(async () => {
	await worker.close()
	await edge.close()
})

function portOf(door: 'worker' | 'edge', transport: 'udp' | 'tcp'): number {
	if (door === 'worker') return worker.upstreamPort
	return edge.addresses.public.find((address) => address.transport === transport)?.port ?? 0
}

let sent = 0

function options(more: readonly string[] = [], body = '', uri = 'sip:held@push.example'): string {
	const id = `bounds-${++sent}`
	return [
		`OPTIONS ${uri} SIP/2.0`,
		`Via: SIP/2.0/UDP 127.0.0.1;rport;branch=z9hG4bK-${id}`,
		'Max-Forwards: 70',
		'From: <sip:stranger@push.example>;tag=1',
		'To: <sip:held@push.example>',
		`Call-ID: ${id}`,
		'CSeq: 1 OPTIONS',
		...more,
		`Content-Length: ${body.length}`,
		'',
		body,
	].join('\r\n')
}

const TOO_MUCH: readonly (readonly [what: string, message: () => string])[] = [
	['300 header fields', () => options(Array(300).fill('X: y'))],
	['a header field of 9000 bytes', () => options([`Subject: ${'x'.repeat(9000)}`])],
	['a folded header field of 9000 bytes', () => options([`Subject: ${'x\r\n '.repeat(2500)}x`])],
	['600 parameters', () => options([`Contact: <sip:a@b>${';p'.repeat(600)}`])],
	['600 entries of a list', () => options([`Supported: ${Array(600).fill('x').join(',')}`])],
	['600 parameters in the Request-URI', () => options([], '', `sip:held@push.example${';p'.repeat(600)}`)],
]

describe.each(['worker', 'edge'] as const)('the %s', (door) => {
	describe.each(['udp', 'tcp'] as const)('over %s', (transport) => {
		it.each(TOO_MUCH)('refuses %s', async (_what, message) => {
			const peer = await RawPeer[transport](portOf(door, transport))
			expect(await peer.ask(message())).toBe(513)
			peer.close()
		})

		it('goes on answering', async () => {
			const peer = await RawPeer[transport](portOf(door, transport))
			expect(await peer.ask(options())).toBeLessThan(500)
			peer.close()
		})
	})

	it('refuses a stream with a message that is too large, and ends it', async () => {
		const peer = await RawPeer.tcp(portOf(door, 'tcp'))
		await peer.send(options([], 'x'.repeat(70_000)))
		await until(() => peer.isClosed)
		expect(peer.statuses).toEqual([413])
	})

	it('ends a stream whose header fields never end', async () => {
		const peer = await RawPeer.tcp(portOf(door, 'tcp'))
		await peer.send(`OPTIONS sip:held@push.example SIP/2.0\r\n${'X: y\r\n'.repeat(6000)}`)
		await until(() => peer.isClosed)
	})

	it('takes so many connections of one source and no more', async () => {
		const port = portOf(door, 'tcp')
		const peers: RawPeer[] = []
		for (let i = 0; i < CONNECTIONS_OF_ONE_SOURCE + 10; i++) peers.push(await RawPeer.tcp(port))
		await until(() => peers.filter((peer) => peer.isClosed).length >= 10)
		const open = peers.filter((peer) => !peer.isClosed)
		// A connection of the test before may hold its place for a moment longer.
		expect(open.length).toBeLessThanOrEqual(CONNECTIONS_OF_ONE_SOURCE)
		expect(open.length).toBeGreaterThan(CONNECTIONS_OF_ONE_SOURCE - 10)
		expect(await open[0]?.ask(options())).toBeLessThan(500)
		for (const peer of peers) peer.close()
	})
})
