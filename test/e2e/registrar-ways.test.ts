import type { Device } from '@vigil/domain'
import type { RegistrationWorker } from '@vigil/registration-worker'
import { type RegistrarOptions, startScriptedCaller, startScriptedRegistrar, until, VirtualClock } from '@vigil/testkit'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { accountOf, sleepingDevice, startLoneWorker } from '../world/lone-worker.ts'
import { MemoryPorts } from '../world/memory-ports.ts'
import { closeInTime } from '../world/pass-time.ts'

// A worker at registrars in the ways of real ones (`RegistrarWays` of the test kit): real sockets, the worker's time by hand.

let clock: VirtualClock
let ports: MemoryPorts
let worker: RegistrationWorker | undefined
const closing: { close(): Promise<void> }[] = []

beforeEach(() => {
	clock = new VirtualClock()
	ports = new MemoryPorts()
})

afterEach(async () => {
	await closeInTime(clock, worker)
	worker = undefined
	await Promise.all(closing.splice(0).map((one) => one.close()))
})

async function boundAt(options: RegistrarOptions, transport: 'udp' | 'tcp') {
	const { password } = ports
	const registrar = await startScriptedRegistrar({ users: { alice: password, bob: password }, ...options })
	closing.push(registrar)
	const account = accountOf('alice', `127.0.0.1:${registrar.port}`, { transport, contactToken: 'q3kzhmvgz8cd7bw2x5ty' })
	const device = sleepingDevice('phone', [account.id])
	ports.accountsById.set(account.id, account)
	ports.devicesById.set(device.id, device)
	worker = await startLoneWorker(ports, clock)
	const reached = () => registrar.bindings('alice').filter(({ source }) => registrar.wire.isOpen(source)).length
	const passUntil = (done: () => boolean, stepMs = 200) =>
		until(async () => {
			await clock.advance(stepMs)
			return done()
		})
	await passUntil(() => ports.statuses.get(account.id)?.state === 'registered')
	/** Whether a call for the account gets as far as a push. */
	const isCalled = async () => {
		const caller = await startScriptedCaller({
			uri: 'sip:bob@example.test',
			server: { transport: 'udp', host: registrar.host, port: registrar.port },
			credentials: { username: 'bob', password },
		})
		closing.push(caller)
		const before = ports.pushes.length
		const call = caller.invite('sip:alice@example.test')
		await until(() => ports.pushes.length > before || call.responses.items.some(({ status }) => status >= 300))
		const woken = ports.pushes.length > before
		if (woken) await call.cancel()
		return woken
	}
	/** The device says so, as by a handoff. */
	let statements = 0
	const say = async (statement: Partial<Device>) => {
		ports.devicesById.set(device.id, { ...device, ...statement, sequence: ++statements })
		ports.accountsById.set(account.id, { ...account, version: account.version + statements })
		await ports.signals.publish('account.changed', { accountId: account.id })
	}
	return { registrar, reached, passUntil, isCalled, say, status: () => ports.statuses.get(account.id) }
}

describe('a binding that is known by its connection', () => {
	it.each([
		['removed with it (Asterisk, rewrite_contact)', { connectionEnd: 'removes', shows: 'source' }],
		['stranded by its end (FreeSWITCH, fs_path)', { connectionEnd: 'strands' }],
	] as const)('is made anew at once after it was %s, and calls reach it', async (_, ways) => {
		const { registrar, reached, passUntil, isCalled } = await boundAt(ways, 'tcp')
		expect(await isCalled()).toBe(true)
		registrar.wire.dropConnections()
		await until(() => reached() === 0)
		const cutAtMs = clock.now()
		await passUntil(() => reached() === 1)
		expect(clock.now() - cutAtMs).toBeLessThanOrEqual(5000)
		expect(await isCalled()).toBe(true)
	})
})

describe('a contact that is shown otherwise', () => {
	it.each([
		['with its source', { shows: 'source' }],
		['in escapes', { shows: 'escaped-user' }],
		['under a user part of the server’s own', { shows: 'own-user' }],
		['not at all', { lists: 'none' }],
		['alone', { lists: 'own' }],
	] as const)('is ours: %s', async (_, ways) => {
		const { registrar, isCalled, passUntil, status } = await boundAt({ ...ways, maxExpiresSeconds: 120 }, 'udp')
		expect(status()).toMatchObject({ state: 'registered' })
		expect(await isCalled()).toBe(true)
		const accepted = () => registrar.registers.items.filter((one) => one.status === 200).length
		const before = accepted()
		await passUntil(() => accepted() >= before + 2, 5000)
		expect(registrar.bindings('alice')).toHaveLength(1)
		expect(status()).toMatchObject({ state: 'registered' })
	})
})

describe('a server that starts', () => {
	it('has the account again when it is ready', async () => {
		const { registrar, reached, passUntil, isCalled } = await boundAt(
			{ startPhase: { lastsMs: 0, retryAfterSeconds: 300 } },
			'tcp',
		)
		registrar.restart()
		expect(reached()).toBe(0)
		await passUntil(() => reached() === 1)
		expect(await isCalled()).toBe(true)
	})
})

describe('a server that keeps the newest binding and takes any expiry of 0 for all (FreeSWITCH by default)', () => {
	it('is told from one that mode 0 fits, and nothing of the phone’s is removed', async () => {
		const ways = { processes: 'first', maxBindings: 1, zeroRemoves: 'user' } as const
		const { registrar, passUntil, status, say } = await boundAt(ways, 'udp')
		const phone = await startScriptedCaller({
			uri: 'sip:alice@example.test',
			server: { transport: 'udp', host: registrar.host, port: registrar.port },
			credentials: { username: 'alice', password: ports.password },
		})
		closing.push(phone)
		await phone.register({ expiresSeconds: 600 })
		const before = registrar.registers.items.length
		await say({ activity: 'foreground', registeredUpstream: true, leaseUntilMs: clock.wall() + 900_000 })
		await passUntil(() => status()?.holding === 'devices')
		await clock.advance(60_000)
		const since = registrar.registers.items.slice(before)
		expect(since.flatMap(({ contacts }) => contacts.filter(({ expiresSeconds }) => expiresSeconds === 0))).toEqual([])
		expect(registrar.bindings('alice').map(({ contact }) => `<${contact}>`)).toEqual([phone.contact])
		// On the way back ours takes the place of the phone's, and both sides are told.
		await say({ activity: 'background', registeredUpstream: true })
		await passUntil(() => status()?.blockingReason !== undefined)
		expect(status()?.blockingReason).toContain('mode 3 fits')
		expect(registrar.bindings('alice')).toHaveLength(1)
	})
})
