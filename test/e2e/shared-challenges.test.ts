import type { Account } from '@vigil/domain'
import type { RegistrationWorker } from '@vigil/registration-worker'
import { silentLogger } from '@vigil/runtime'
import {
	type RegisterRecord,
	type RegistrarOptions,
	type ScriptedRegistrar,
	startScriptedRegistrar,
	until,
	VirtualClock,
} from '@vigil/testkit'
import { afterEach, describe, expect, it } from 'vitest'
import { accountOf, sleepingDevice, startLoneWorker } from '../world/lone-worker.ts'
import { MemoryPorts } from '../world/memory-ports.ts'
import { closeInTime } from '../world/pass-time.ts'

// Accounts of one server answer the challenge that another of them was asked: one REGISTER for each in place of two.

const ports = new MemoryPorts()
let clock: VirtualClock
let registrar: ScriptedRegistrar
let worker: RegistrationWorker | undefined

afterEach(async () => {
	await closeInTime(clock, worker)
	worker = undefined
	ports.accountsById.clear()
	ports.devicesById.clear()
	await registrar.close()
})

async function start(options: RegistrarOptions): Promise<void> {
	clock = new VirtualClock()
	const users = Object.fromEntries(['ann', 'bob', 'carl', 'dora'].map((user) => [user, ports.password]))
	registrar = await startScriptedRegistrar({ users, algorithms: ['MD5'], ...options })
	worker = await startLoneWorker(ports, clock, silentLogger)
}

/** The account is there from now on. Resolves with the statuses of its REGISTERs when it is bound. */
async function bind(user: string): Promise<(number | undefined)[]> {
	const account: Account = accountOf(user, `127.0.0.1:${registrar.port}`)
	const device = sleepingDevice(user, [account.id])
	ports.accountsById.set(account.id, account)
	ports.devicesById.set(device.id, device)
	await ports.signals.publish('account.changed', { accountId: account.id })
	const accepted = () => worker?.snapshot().engine.accepted ?? 0
	const before = accepted()
	await until(async () => {
		await clock.advance(5)
		return accepted() > before
	})
	return registersOf(user).map(({ status }) => status)
}

function registersOf(name: string): RegisterRecord[] {
	return registrar.registers.items.filter(({ user }) => user === name)
}

describe('a challenge that one account was asked', () => {
	it('is answered preemptively by the others', async () => {
		await start({})
		expect(await bind('ann')).toEqual([401, 200])
		expect(await bind('bob')).toEqual([200])
		expect(await bind('carl')).toEqual([200])
	})

	it('is asked anew after a while', async () => {
		await start({})
		await bind('ann')
		await bind('bob')
		await clock.advance(20_000)
		expect(await bind('carl')).toEqual([401, 200])
		expect(await bind('dora')).toEqual([200])
	})

	it('is not used again at a server whose nonces are good for one request', async () => {
		await start({ oneTimeNonces: true })
		expect(await bind('ann')).toEqual([401, 200])
		expect(await bind('bob')).toEqual([401, 200])
		expect(registersOf('bob')[0]?.hasCredentials).toBe(true)
		expect(await bind('carl')).toEqual([401, 200])
		expect(registersOf('carl')[0]?.hasCredentials).toBe(false)
	})

	it('is left alone at a server that names the next nonce of each', async () => {
		await start({ nextNonce: true })
		await bind('ann')
		await bind('bob')
		expect(registersOf('bob')[0]?.hasCredentials).toBe(false)
	})

	it('costs no account its binding where the server refuses it with 403', async () => {
		await start({})
		await bind('ann')
		registrar.reactNext({ kind: 'refuse', status: 403 })
		expect(await bind('bob')).toEqual([403, 401, 200])
		expect(await bind('carl')).toEqual([401, 200])
	})

	it('takes the place of a nonce of their own that has grown old', async () => {
		await start({ maxExpiresSeconds: 600 })
		for (const user of ['ann', 'bob', 'carl', 'dora']) await bind(user)
		registrar.expireNonces()
		const before = registrar.registers.items.length
		const accepted = () => worker?.snapshot().engine.accepted ?? 0
		await until(async () => {
			await clock.advance(1000)
			return accepted() >= 8
		})
		const refreshes = registrar.registers.items.slice(before)
		expect(refreshes.filter(({ status }) => status === 200)).toHaveLength(4)
		// Who comes first is told that its nonce is stale; the others come within the time that its new one is shared.
		const asked = refreshes.filter(({ status }) => status === 401)
		expect(asked.length).toBeGreaterThan(0)
		expect(asked.length).toBeLessThan(4)
	})
})
