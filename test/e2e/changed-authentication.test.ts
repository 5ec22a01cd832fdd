import { type RegistrarOptions, type ScriptedRegistrar, startScriptedRegistrar, until } from '@vigil/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { PASSWORD, TestWorld } from '../world/test-world.ts'

// A SIP server that asks for something else than before may have moved, or somebody stands in between and collects answers.

let world: TestWorld
const servers: ScriptedRegistrar[] = []

beforeAll(async () => {
	world = await TestWorld.start()
})

afterAll(async () => {
	await world?.close()
	for (const server of servers) await server.close()
})

async function registrar(username: string, options: RegistrarOptions): Promise<ScriptedRegistrar> {
	const usual = { users: { [username]: PASSWORD }, realm: 'pbx.test', maxExpiresSeconds: 2 }
	const server = await startScriptedRegistrar({ ...usual, ...options })
	servers.push(server)
	return server
}

/** Another one in the place of the server, which answers as it does until it has accepted the user. */
async function replace(server: ScriptedRegistrar, username: string, options: RegistrarOptions): Promise<void> {
	await server.close()
	servers.splice(servers.indexOf(server), 1)
	const next = await registrar(username, { port: server.port, ...options })
	await next.registers.waitFor(({ user, status }) => user === username && status === 200, { deadlineMs: 60_000 })
}

async function registeredAt(options: RegistrarOptions = {}) {
	const username = `mover${servers.length}`
	const server = await registrar(username, options)
	const { account } = await world.sleepingUser({ account: { username, domain: `127.0.0.1:${server.port}` } })
	const page = async () => (await world.tenant.client.registration(account.id)).registration
	const noted = () =>
		until(
			async () => {
				const { state, authentication } = await page()
				return state === 'registered' && authentication?.note !== undefined && authentication
			},
			{ deadlineMs: 60_000 },
		)
	return { username, server, account, page, noted }
}

async function metric(name: string): Promise<number> {
	const response = await fetch(`${world.platform.addresses.operations}/metrics`)
	const [, value] = new RegExp(`^${name} (\\d+)`, 'm').exec(await response.text()) ?? []
	return Number(value)
}

describe('what a SIP server asks for', () => {
	it('is shown', async () => {
		const { page } = await registeredAt()
		expect((await page()).authentication).toEqual({ realm: 'pbx.test', algorithm: 'SHA-256', qop: 'auth' })
	})

	it('is noted when it is weaker than before, and answered', async () => {
		const { username, server, noted } = await registeredAt()
		await replace(server, username, { algorithms: ['MD5'] })
		const { changedAt, ...seen } = await noted()
		expect(seen).toEqual({
			realm: 'pbx.test',
			algorithm: 'MD5',
			qop: 'auth',
			note: 'weaker',
			before: { realm: 'pbx.test', algorithm: 'SHA-256', qop: 'auth' },
		})
		expect(Math.abs(Date.parse(changedAt ?? '') - Date.now())).toBeLessThan(120_000)
		expect(await metric('vigil_worker_authentication_weakened')).toBeGreaterThanOrEqual(1)
	})

	it('is noted when another realm is asked for while the service is away, and begins anew with a new password', async () => {
		const { username, server, account, page, noted } = await registeredAt({ maxExpiresSeconds: 60 })
		let next: Promise<void> | undefined
		await world.platform.restart(async () => {
			next = replace(server, username, { realm: 'elsewhere.test' })
		})
		await next
		expect(await noted()).toMatchObject({
			realm: 'elsewhere.test',
			note: 'realm-changed',
			before: { realm: 'pbx.test' },
		})
		await world.tenant.client.request('PATCH', `/v1/accounts/${account.id}`, { password: PASSWORD })
		await until(async () => {
			const { authentication } = await page()
			return authentication?.realm === 'elsewhere.test' && authentication.note === undefined
		})
	})
})
