import type { Account } from '@vigil/domain'
import type { RegistrationWorker } from '@vigil/registration-worker'
import { silentLogger } from '@vigil/runtime'
import { parseNameAddr, type SipRequest } from '@vigil/sip'
import { until, VirtualClock } from '@vigil/testkit'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { accountOf, sleepingDevice, startLoneWorker } from '../world/lone-worker.ts'
import { MemoryPorts } from '../world/memory-ports.ts'
import { closeInTime, passTime } from '../world/pass-time.ts'
import { type PlainRegister, PlainRegistrar } from '../world/plain-registrar.ts'

// Connections to SIP servers that carry registrations (RFC 5626): real sockets, time by hand.

const OUTBOUND = ['Require', 'outbound'] as const
/** Registrations of one connection come back within this time, milliseconds. */
const SPREAD_MS = 2000

let clock: VirtualClock
let ports: MemoryPorts
let registrar: PlainRegistrar
let worker: RegistrationWorker | undefined

beforeEach(async () => {
	clock = new VirtualClock()
	ports = new MemoryPorts()
	registrar = await PlainRegistrar.start(clock)
	registrar.headers = [OUTBOUND]
})

afterEach(async () => {
	await closeInTime(clock, worker)
	worker = undefined
	await registrar.close()
})

async function start(accounts: number, transport: Account['transport'] = 'tcp'): Promise<void> {
	for (let number = 0; number < accounts; number++) {
		const account = accountOf(`user${number}`, `127.0.0.1:${registrar.port}`, { transport })
		const device = sleepingDevice(`phone${number}`, [account.id])
		ports.accountsById.set(account.id, account)
		ports.devicesById.set(device.id, device)
	}
	worker = await startLoneWorker(ports, clock, silentLogger)
}

const accepted = () => worker?.snapshot().engine.accepted ?? 0

function bound(count: number): Promise<void> {
	return passTime(clock, { mostMs: 60_000, stepMs: 20, done: () => accepted() >= count })
}

function contactOf(request: SipRequest | undefined): ReadonlyMap<string, unknown> {
	return parseNameAddr(request?.headers.get('Contact') ?? '')?.params ?? new Map()
}

function since(atMs: number): PlainRegister[] {
	return registrar.registers.filter((register) => register.atMs >= atMs)
}

describe('a REGISTER by a connection', () => {
	it('names an instance that stays the same, and a flow; over UDP it does not', async () => {
		await start(2)
		await bound(2)
		const params = registrar.registers.map(({ request }) => contactOf(request))
		expect(params.map((one) => one.get('reg-id'))).toEqual(['1', '1'])
		const instances = params.map((one) => String(one.get('+sip.instance')))
		for (const instance of instances) expect(instance).toMatch(/<urn:uuid:[0-9a-f-]{36}>/)
		expect(new Set(instances).size).toBe(2)
		expect(registrar.registers[0]?.request.headers.get('Supported')).toContain('outbound')

		await passTime(clock, { mostMs: 3_600_000, stepMs: 5000, done: () => accepted() >= 4 })
		const again = registrar.registers.map(({ request }) => String(contactOf(request).get('+sip.instance')))
		expect(new Set(again)).toEqual(new Set(instances))
	})

	it('over UDP names neither', async () => {
		await start(1, 'udp')
		await bound(1)
		expect([...contactOf(registrar.registers[0]?.request).keys()]).toEqual(['expires'])
	})

	it('goes without a flow after 439, at once and from then on (RFC 5626 11.6)', async () => {
		registrar.headers = []
		registrar.statusFor = (request) => (contactOf(request).has('reg-id') ? 439 : 200)
		await start(1)
		await passTime(clock, { mostMs: 3_600_000, stepMs: 5000, done: () => accepted() >= 2 })
		expect(registrar.registers.map(({ request }) => contactOf(request).has('reg-id'))).toEqual([true, false, false])
	})
})

describe('a connection that carries 2000 registrations', () => {
	it('and breaks: all are bound again, spread over two seconds', async () => {
		const count = 2000
		await start(count)
		await bound(count)
		expect(registrar.wire.openConnections).toBe(1)
		expect(registrar.registers).toHaveLength(count)

		await clock.advance(1)
		const lostMs = clock.now()
		registrar.wire.dropConnections()
		await passTime(clock, { mostMs: 60_000, stepMs: 20, done: () => accepted() >= 2 * count })
		const again = since(lostMs)
		expect(accepted()).toBe(2 * count)
		expect(again).toHaveLength(count)
		expect(new Set(again.map(({ user }) => user)).size).toBe(count)
		expect(registrar.wire.openConnections).toBe(1)
		// Even over the two seconds, with room for the accident of the hash.
		expect(registrar.peakPer(100, again)).toBeLessThanOrEqual((count / (SPREAD_MS / 100)) * 2)
		expect((again.at(-1)?.atMs ?? 0) - lostMs).toBeLessThanOrEqual(SPREAD_MS + 500)
		expect(worker?.snapshot().registrations).toMatchObject({ registered: count })
	})

	it('at a registrar that says nothing of outbound is missed as much: it may keep the connection as the binding', async () => {
		registrar.headers = []
		await start(50)
		await bound(50)
		await clock.advance(1)
		const lostMs = clock.now()
		registrar.wire.dropConnections()
		await bound(100)
		const again = since(lostMs)
		expect(new Set(again.map(({ user }) => user)).size).toBe(50)
		expect((again.at(-1)?.atMs ?? 0) - lostMs).toBeLessThanOrEqual(SPREAD_MS + 500)
	})

	it('and ends under a REGISTER: that one is sent again soon, and nobody is told of a failure', async () => {
		registrar.headers = []
		await start(2)
		await bound(2)
		registrar.isSilent = true
		const waits = () => registrar.registers.length >= 3
		await passTime(clock, { mostMs: 3_600_000, stepMs: 1000, done: waits })
		const [user] = registrar.registers.slice(2).map((register) => register.user)
		registrar.isSilent = false
		const lostMs = clock.now()
		registrar.wire.dropConnections()
		await passTime(clock, { mostMs: 10_000, stepMs: 50, done: () => accepted() >= 4 })
		const times = since(lostMs).flatMap((register) => (register.user === user ? [register.atMs - lostMs] : []))
		expect(times).toHaveLength(1)
		expect(times[0]).toBeLessThan(1000)
		expect(ports.statuses.get(`account-${user}` as Account['id'])?.state).toBe('registered')
	})
})

describe('a server whose connections end at once', () => {
	it('is bothered ever less', async () => {
		await start(20)
		await bound(20)
		await clock.advance(1)
		const began = clock.now()
		registrar.afterResponse = () => registrar.wire.dropConnections()
		registrar.wire.dropConnections()
		await passTime(clock, { mostMs: 240_000, stepMs: 250 })
		const rounds = since(began).length / 20
		// Without the waits it would be 120 rounds and more.
		expect(rounds).toBeLessThan(12)

		registrar.afterResponse = () => {}
		const countBefore = accepted()
		await passTime(clock, { mostMs: 1_200_000, stepMs: 1000, done: () => accepted() >= countBefore + 20 })
		expect(worker?.snapshot().registrations).toMatchObject({ registered: 20 })
	})
})

describe('keep-alive (RFC 5626 4.4.1)', () => {
	it('comes as often as Flow-Timer says', async () => {
		registrar.headers = [OUTBOUND, ['Flow-Timer', '10']]
		await start(1)
		await bound(1)
		await passTime(clock, { mostMs: 100_000, stepMs: 250 })
		// Each after 8 to 10 s.
		expect(registrar.wire.keepAlives).toBeGreaterThanOrEqual(9)
		expect(registrar.wire.keepAlives).toBeLessThanOrEqual(13)
		expect(registrar.wire.openConnections).toBe(1)
	})

	it('without an answer ends the connection within ten seconds, and the accounts come back by another', async () => {
		registrar.headers = [OUTBOUND, ['Flow-Timer', '20']]
		await start(30)
		await bound(30)
		const from = registrar.registers[0]?.from.port
		registrar.wire.answersPings = false
		await clock.advance(1)
		const deadMs = clock.now()
		await passTime(clock, { mostMs: 60_000, stepMs: 250, done: () => accepted() >= 60 })
		registrar.wire.answersPings = true
		const again = since(deadMs)
		expect(new Set(again.map(({ user }) => user)).size).toBe(30)
		expect(again[0]?.from.port).not.toBe(from)
		// Up to 20 s to the next ping, 10 s for its answer.
		expect((again[0]?.atMs ?? 0) - deadMs).toBeLessThanOrEqual(32_000)
		await until(() => registrar.wire.openConnections === 1)
	})
})
