import { createSocket, type Socket } from 'node:dgram'
import type { RegistrationWorker } from '@vigil/registration-worker'
import { buildResponse, parseMessage, serializeMessage } from '@vigil/sip'
import { until, VirtualClock } from '@vigil/testkit'
import { afterEach, expect, it } from 'vitest'
import { accountOf, sleepingDevice, startLoneWorker } from '../world/lone-worker.ts'
import { MemoryPorts } from '../world/memory-ports.ts'

let worker: RegistrationWorker | undefined
let registrar: Socket | undefined

afterEach(async () => {
	await worker?.close()
	registrar?.close()
})

/** A registrar that answers every REGISTER with that status; how many came. */
async function refusing(status: number) {
	const socket = createSocket('udp4')
	registrar = socket
	const callIds: string[] = []
	socket.on('message', (bytes, from) => {
		const result = parseMessage(bytes)
		if (!result.ok || result.message.kind !== 'request') return
		callIds.push(result.message.headers.get('Call-ID') ?? '')
		const response = buildResponse(result.message, status, undefined, { toTag: 'no' })
		socket.send(serializeMessage(response), from.port, from.address)
	})
	await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve))
	return { port: socket.address().port, callIds }
}

it.each([400, 500])('a registrar that goes on answering %i is asked ever less', async (status) => {
	const { port, callIds } = await refusing(status)
	const ports = new MemoryPorts()
	const account = accountOf('held', `127.0.0.1:${port}`)
	const device = sleepingDevice('phone', [account.id])
	ports.accountsById.set(account.id, account)
	ports.devicesById.set(device.id, device)
	const clock = new VirtualClock()
	worker = await startLoneWorker(ports, clock)
	await until(() => callIds.length >= 2)
	for (let passed = 0; passed < 30; passed++) {
		await clock.advance(1000)
		await until(() => true)
	}
	// At once with a new Call-ID, then after 4 to 8, 8 to 16 and 16 to 32 s.
	expect(callIds.length).toBeLessThanOrEqual(5)
	expect(new Set(callIds).size).toBe(2)
})
