import { createSocket, type Socket } from 'node:dgram'
import type { RegistrationWorker } from '@vigil/registration-worker'
import { until, VirtualClock } from '@vigil/testkit'
import { afterEach, it } from 'vitest'
import { accountOf, sleepingDevice, startLoneWorker } from '../world/lone-worker.ts'
import { MemoryPorts } from '../world/memory-ports.ts'

const BURST = 2000
const closing: (() => unknown)[] = []

afterEach(async () => {
	for (const close of closing.splice(0)) await close()
})

async function world(ports: MemoryPorts) {
	const clock = new VirtualClock()
	const worker = await startLoneWorker(ports, clock)
	const socket = createSocket('udp4')
	closing.push(
		() => worker.close(),
		() => socket.close(),
	)
	await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve))
	let responses = 0
	socket.on('message', (data) => {
		if (data.toString('latin1').startsWith('SIP/2.0 404')) responses++
	})
	return { clock, worker, socket, responses: () => responses }
}

let sent = 0

/** Sends that many OPTIONS; both ends run in this process, so none is lost for want of reading. */
async function ask(socket: Socket, worker: RegistrationWorker, count: number): Promise<void> {
	const { port } = socket.address()
	for (let i = 0; i < count; i++) {
		const text = [
			'OPTIONS sip:nobody@push.example SIP/2.0',
			`Via: SIP/2.0/UDP 127.0.0.1:${port};branch=z9hG4bK-${++sent}`,
			'From: <sip:x@push.example>;tag=1',
			'To: <sip:nobody@push.example>',
			`Call-ID: ${sent}`,
			'CSeq: 1 OPTIONS',
			'Content-Length: 0',
			'\r\n',
		].join('\r\n')
		await new Promise((resolve) => socket.send(text, worker.upstreamPort, '127.0.0.1', resolve))
	}
}

it('a worker hears so much from a stranger and no more, until time has passed', async () => {
	const { clock, worker, socket, responses } = await world(new MemoryPorts())
	await ask(socket, worker, BURST + 100)
	await until(() => responses() === BURST)
	await clock.advance(100)
	await ask(socket, worker, 100)
	await until(() => responses() === BURST + 50)
})

it('a worker hears everything from a server that it registers at', async () => {
	const ports = new MemoryPorts()
	const account = accountOf('held', '127.0.0.1:9')
	ports.accountsById.set(account.id, account)
	const device = sleepingDevice('phone', [account.id])
	ports.devicesById.set(device.id, device)
	const { worker, socket, responses } = await world(ports)
	await until(() => ports.statuses.get(account.id)?.state === 'registering')
	await ask(socket, worker, BURST + 100)
	await until(() => responses() === BURST + 100)
})
