import { afterEach, describe, expect, it } from 'vitest'
import type { RegistrarOptions } from './registrar-options.ts'
import { type ScriptedCaller, startScriptedCaller } from './scripted-caller.ts'
import { type ScriptedRegistrar, startScriptedRegistrar } from './scripted-registrar.ts'
import { until } from './until.ts'

const closing: { close(): Promise<void> }[] = []

afterEach(async () => {
	await Promise.all(closing.splice(0).map((one) => one.close()))
})

async function world(options: RegistrarOptions) {
	const server = await startScriptedRegistrar({ users: { alice: 'wonderland', bob: 'builder' }, ...options })
	closing.push(server)
	const phone = async (user: string, password: string): Promise<ScriptedCaller> => {
		const started = await startScriptedCaller({
			uri: `sip:${user}@example.test`,
			server: { transport: 'tcp', host: server.host, port: server.port },
			credentials: { username: user, password },
		})
		closing.push(started)
		return started
	}
	return { server, alice: await phone('alice', 'wonderland'), bob: await phone('bob', 'builder') }
}

async function cutOff({ server, alice }: { server: ScriptedRegistrar; alice: ScriptedCaller }): Promise<void> {
	await alice.register()
	alice.dropConnections()
	await until(() => server.wire.openConnections === 0)
}

describe('a binding whose connection has ended', () => {
	it('is called at its contact where it is known by that', async () => {
		const { server, alice, bob } = await world({})
		await cutOff({ server, alice })
		const call = bob.invite('sip:alice@example.test')
		;(await alice.incoming.next()).reject(486)
		expect((await call.final()).status).toBe(486)
	})

	it('is gone where it is known by the connection', async () => {
		const { server, alice, bob } = await world({ connectionEnd: 'removes', shows: 'source' })
		await cutOff({ server, alice })
		await until(() => server.bindings('alice').length === 0)
		expect((await bob.invite('sip:alice@example.test').final()).status).toBe(480)
		await alice.register()
		expect(server.bindings('alice')).toHaveLength(1)
	})

	it('stays, and calls to it fail, beside the one that came after it', async () => {
		const { server, alice, bob } = await world({ connectionEnd: 'strands' })
		await cutOff({ server, alice })
		expect((await bob.invite('sip:alice@example.test').final()).status).toBe(477)
		await alice.register()
		expect(server.bindings('alice')).toHaveLength(2)
		const call = bob.invite('sip:alice@example.test')
		;(await alice.incoming.next()).reject(486)
		expect((await call.final()).status).toBe(486)
		expect(server.calls.items.at(-1)?.branches).toHaveLength(1)
	})
})

describe('a server that starts', () => {
	it('says 503 with a long Retry-After for as long as it starts, and knows nobody any more', async () => {
		const { server, alice } = await world({ startPhase: { lastsMs: 60, retryAfterSeconds: 300 } })
		const first = await alice.register()
		expect([first.status, first.headers.get('Retry-After')]).toEqual([503, '300'])
		await until(async () => (await alice.register()).status === 200)
		server.restart()
		expect(server.bindings('alice')).toEqual([])
		await until(() => server.wire.openConnections === 0)
		expect((await alice.register()).status).toBe(503)
	})
})
