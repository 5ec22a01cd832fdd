import { createServer, type Server } from 'node:net'
import type { PushAppCredential } from '@vigil/domain'
import { Egress } from '@vigil/runtime'
import { startApnsServer, startFcmServer } from '@vigil/testkit'
import { afterEach, describe, expect, it } from 'vitest'
import {
	ACCESS_TOKEN,
	apnsSettings,
	callAttempt,
	fcmSettings,
	publicKey,
	pushApp,
	SIGNING_KEY,
} from '../test/attempts.ts'
import { PushSenderPool } from './push-sender-pool.ts'

const closing: (() => unknown)[] = []

afterEach(async () => {
	for (const close of closing.splice(0).reverse()) await close()
})

const PROVIDERS = ['apns', 'fcm'] as const

function send(provider: 'apns' | 'fcm', endpoint: string, egress: Egress, endpointCa?: string) {
	const pool = new PushSenderPool({ egress })
	closing.push(() => pool.close())
	const at = { endpoint, ...(endpointCa === undefined ? {} : { endpointCa }) }
	const app = pushApp(provider === 'apns' ? apnsSettings(at) : fcmSettings(at))
	const credential: PushAppCredential = { secret: provider === 'apns' ? SIGNING_KEY : ACCESS_TOKEN }
	return pool.send(app, async () => credential, callAttempt(provider === 'apns' ? 'voip' : 'fcm'))
}

/** A server that counts who comes; `silent` says nothing, `hasty` hangs up at once. */
async function listening(manner: 'silent' | 'hasty'): Promise<{ port: number; connections: () => number }> {
	let connections = 0
	const server: Server = createServer((socket) => {
		connections++
		socket.on('error', () => {})
		if (manner === 'hasty') socket.destroy()
		else closing.push(() => socket.destroy())
	})
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
	closing.push(() => server.close())
	return { port: (server.address() as { port: number }).port, connections: () => connections }
}

describe.each(PROVIDERS)('the endpoint that a push app of %s names', (provider) => {
	it.each(['127.0.0.1', '[::ffff:127.0.0.1]', 'localhost'])(
		'is not connected to where the policy refuses %s',
		async (host) => {
			const { port, connections } = await listening('silent')
			expect(await send(provider, `${host}:${port}`, new Egress('internet'))).toEqual({
				kind: 'misconfigured',
				reason: 'the endpoint of the push app has no address that this service connects to',
			})
			expect(connections()).toBe(0)
		},
	)

	it.each(['127.0.0.1', 'localhost'])('is reached where it is listed, by %s', async (host) => {
		const server = provider === 'apns' ? await startApnsServer({ publicKey }) : await startFcmServer()
		closing.push(() => server.close())
		const outcome = await send(provider, `${host}:${server.port}`, new Egress('127.0.0.0/8'), server.ca)
		expect(outcome).toMatchObject({ kind: 'accepted' })
	})

	it('is not told apart by its ports', async () => {
		const [silent, hasty, closed] = [await listening('silent'), await listening('hasty'), await listening('silent')]
		await closing.pop()?.()
		const egress = new Egress('127.0.0.0/8')
		for (const { port } of [silent, hasty, closed]) {
			expect(await send(provider, `127.0.0.1:${port}`, egress)).toMatchObject({
				kind: 'retry',
				reason: 'the endpoint of the push app cannot be reached',
			})
		}
	})
})
