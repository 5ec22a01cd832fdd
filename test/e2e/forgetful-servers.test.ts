import type { Account } from '@vigil/domain'
import type { RegistrationWorker } from '@vigil/registration-worker'
import { silentLogger } from '@vigil/runtime'
import { VirtualClock } from '@vigil/testkit'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ForgetfulRegistrar } from '../world/forgetful-registrar.ts'
import { accountOf, sleepingDevice, startLoneWorker } from '../world/lone-worker.ts'
import { MemoryPorts } from '../world/memory-ports.ts'
import { closeInTime, passTime } from '../world/pass-time.ts'

// Servers that lose their bindings, or say for how long they cannot serve: real sockets, time by hand.

const COUNT = 20
/** Every account refreshes once within this time, the first of them after 420 s of 600. */
const REFRESHES_MS = 560_000

let clock: VirtualClock
let ports: MemoryPorts
let registrar: ForgetfulRegistrar
let worker: RegistrationWorker | undefined

beforeEach(async () => {
	clock = new VirtualClock()
	ports = new MemoryPorts()
	registrar = await ForgetfulRegistrar.start(clock)
})

afterEach(async () => {
	await closeInTime(clock, worker)
	worker = undefined
	await registrar.close()
})

function add(user: string, transport: Account['transport'] = 'udp'): Account {
	const account = accountOf(user, `127.0.0.1:${registrar.port}`, { transport })
	const device = sleepingDevice(user, [account.id])
	ports.accountsById.set(account.id, account)
	ports.devicesById.set(device.id, device)
	return account
}

/** Accounts that are bound, and have refreshed once with the nonce that they know. */
async function settled(count = COUNT): Promise<void> {
	for (let number = 0; number < count; number++) add(`user${number}`)
	const all = ports.accountsById.size
	worker = await startLoneWorker(ports, clock, silentLogger)
	await pass(10_000, () => registrar.bound.size === all)
	await pass(REFRESHES_MS)
	expect(registrar.boundSince(clock.now() - REFRESHES_MS).size).toBe(all)
}

function pass(mostMs: number, done: () => boolean = () => false, stepMs = 200): Promise<void> {
	return passTime(clock, { mostMs, stepMs, done })
}

const countOf = (kind: string) => registrar.registers.filter((one) => one.kind === kind).length

describe('a server that has begun anew with nothing in memory', () => {
	it('is noticed by the first account that comes, and its neighbours bind again at once', async () => {
		await settled()
		registrar.restart()
		await pass(REFRESHES_MS, () => registrar.bound.size > 0, 1000)
		const noticedMs = clock.now()
		await pass(30_000, () => registrar.bound.size === COUNT)
		expect(registrar.bound.size).toBe(COUNT)
		// One second to ask the witness twice, two for the spread, and the steps of the clock.
		expect(clock.now() - noticedMs).toBeLessThan(6000)
	})

	it('is noticed again the next time', async () => {
		await settled()
		for (const _life of [1, 2]) {
			registrar.restart()
			await pass(REFRESHES_MS, () => registrar.bound.size > 1, 1000)
			await pass(10_000, () => registrar.bound.size === COUNT)
			expect(registrar.bound.size).toBe(COUNT)
			await pass(REFRESHES_MS, undefined, 1000)
		}
	})

	it('is noticed too when it does so just after it was asked', async () => {
		await settled()
		registrar.forgetNonces()
		const asked = countOf('query')
		await pass(REFRESHES_MS, () => countOf('query') > asked, 1000)
		await pass(1000)
		registrar.restart()
		await pass(60_000, () => registrar.bound.size === COUNT)
		expect(registrar.bound.size).toBe(COUNT)
	})

	it('is noticed over UDP when connections to it end', async () => {
		for (let number = 0; number < 3; number++) add(`tcp${number}`, 'tcp')
		await settled()
		registrar.restart()
		registrar.dropConnections()
		await pass(10_000, () => registrar.bound.size === COUNT + 3)
		expect(registrar.bound.size).toBe(COUNT + 3)
	})
})

describe('a server that has not forgotten', () => {
	it('is asked about one account when its nonces are new, and nobody registers before the time', async () => {
		await settled()
		registrar.forgetNonces()
		const [sinceMs, asked] = [clock.now(), countOf('query')]
		await pass(REFRESHES_MS, () => countOf('query') > asked, 1000)
		await pass(20_000)
		expect(registrar.boundSince(sinceMs).size).toBeLessThan(COUNT / 2)
		expect(countOf('query')).toBeLessThanOrEqual(asked + 4)
	})

	it('but lists nothing to who asks costs its accounts one REGISTER each, and not again soon', async () => {
		await settled()
		registrar.lists = false
		registrar.forgetNonces()
		const sinceMs = clock.now()
		await pass(REFRESHES_MS, () => registrar.boundSince(sinceMs).size === COUNT, 1000)
		const countBefore = registrar.registers.length
		registrar.forgetNonces()
		await pass(300_000, undefined, 1000)
		expect(registrar.registers.length).toBe(countBefore)
	})
})

describe('a server that says 503 and to come back in five minutes', () => {
	async function refusedAtStart(): Promise<void> {
		registrar.refusal = { status: 503, retryAfterSeconds: 300 }
		for (let number = 0; number < COUNT; number++) add(`user${number}`)
		worker = await startLoneWorker(ports, clock, silentLogger)
		await pass(5000, () => countOf('bind') >= 5)
		await pass(2000)
		registrar.refusal = undefined
	}

	async function handOver(user: string): Promise<void> {
		const account = ports.accountsById.get(`account-${user}` as Account['id']) ?? add(user)
		ports.accountsById.set(account.id, { ...account, version: account.version + 1 })
		await ports.signals.publish('account.changed', { accountId: account.id })
	}

	it('is asked at once by one who hands over, and by the others soon after that one was accepted', async () => {
		await refusedAtStart()
		const sinceMs = clock.now()
		await pass(30_000)
		expect(registrar.bound.size).toBe(0)
		await handOver('user3')
		await pass(3000, () => registrar.bound.size > 0)
		expect([...registrar.bound.keys()]).toContain('user3')
		await pass(60_000, () => registrar.bound.size === COUNT)
		expect(registrar.bound.size).toBe(COUNT)
		expect(clock.now() - sinceMs).toBeLessThan(60_000)
	})

	it('is not pressed when it says so again', async () => {
		await refusedAtStart()
		registrar.refusal = { status: 503, retryAfterSeconds: 300 }
		const countBefore = countOf('bind')
		for (let times = 0; times < 10; times++) {
			await handOver('user3')
			await pass(100)
		}
		expect(countOf('bind') - countBefore).toBeLessThanOrEqual(2)
		await pass(200_000, undefined, 1000)
		expect(countOf('bind') - countBefore).toBeLessThanOrEqual(4)
	})
})

describe('pings of a server', () => {
	it('that came regularly to an account and stop have it register again', async () => {
		await settled(3)
		for (let times = 0; times < 6; times++) {
			registrar.ping('user1')
			await pass(20_000)
		}
		const sinceMs = clock.now()
		await pass(60_000, () => registrar.boundSince(sinceMs).has('user1'))
		expect([...registrar.boundSince(sinceMs)]).toContain('user1')
	})
})
