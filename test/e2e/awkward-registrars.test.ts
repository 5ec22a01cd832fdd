import type { Account } from '@vigil/domain'
import type { RegistrationWorker } from '@vigil/registration-worker'
import { silentLogger } from '@vigil/runtime'
import { type HeaderPair, parseAuthorization, type SipRequest } from '@vigil/sip'
import { until, VirtualClock } from '@vigil/testkit'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { accountOf, sleepingDevice, startLoneWorker } from '../world/lone-worker.ts'
import { MemoryPorts } from '../world/memory-ports.ts'
import { closeInTime } from '../world/pass-time.ts'
import { PlainRegistrar } from '../world/plain-registrar.ts'

// What servers do to REGISTERs that is neither yes nor no: they redirect, ask for more, ask each in another way.

let clock: VirtualClock
let ports: MemoryPorts
let worker: RegistrationWorker | undefined
const registrars: PlainRegistrar[] = []

beforeEach(() => {
	clock = new VirtualClock()
	ports = new MemoryPorts()
})

afterEach(async () => {
	await closeInTime(clock, worker)
	worker = undefined
	await Promise.all(registrars.splice(0).map((registrar) => registrar.close()))
})

async function registrar(): Promise<PlainRegistrar> {
	const started = await PlainRegistrar.start(clock)
	registrars.push(started)
	return started
}

/** Accounts of that server, whose devices sleep. */
async function start(server: PlainRegistrar, users: readonly string[]): Promise<Account[]> {
	const accounts = users.map((user) => accountOf(user, `127.0.0.1:${server.port}`))
	for (const account of accounts) {
		const device = sleepingDevice(`phone of ${account.username}`, [account.id])
		ports.accountsById.set(account.id, account)
		ports.devicesById.set(device.id, device)
	}
	worker = await startLoneWorker(ports, clock, silentLogger)
	return accounts
}

async function accepted(count: number, stepMs = 20): Promise<void> {
	await until(async () => {
		await clock.advance(stepMs)
		return (worker?.snapshot().engine.accepted ?? 0) >= count
	})
}

function challenge(algorithm: string, realm = 'example.test'): HeaderPair[] {
	return [['WWW-Authenticate', `Digest realm="${realm}", nonce="n", algorithm=${algorithm}, qop="auth"`]]
}

function responseOf(request: SipRequest) {
	const text = request.headers.get('Authorization')
	return text === undefined ? undefined : parseAuthorization(text)
}

it('a redirect holds through the challenge of its target, which knows no nonce of the first server', async () => {
	const first = await registrar()
	const second = await registrar()
	first.statusFor = (request) => (responseOf(request) ? 302 : 401)
	first.refusalHeaders = (request) =>
		responseOf(request) ? [['Contact', `<sip:127.0.0.1:${second.port}>`]] : challenge('MD5')
	second.statusFor = (request) => (responseOf(request) ? 200 : 401)
	second.refusalHeaders = () => challenge('MD5')
	await start(first, ['ann'])
	await accepted(1)
	expect(first.registersOf('ann')).toHaveLength(2)
	expect(second.registersOf('ann').map(({ request }) => request.uri)).toEqual(
		Array(2).fill(`sip:127.0.0.1:${second.port}`),
	)
	expect(second.registersOf('ann').map(({ request }) => responseOf(request)?.uri)).toEqual([
		undefined,
		`sip:127.0.0.1:${second.port}`,
	])
	// The refresh begins at the first server again.
	await accepted(2, 5000)
	expect(first.registersOf('ann').length).toBeGreaterThan(2)
	expect(second.registersOf('ann')).toHaveLength(4)
})

it('423 that asks for more each time is answered with a rest', async () => {
	const server = await registrar()
	server.statusFor = () => 423
	server.refusalHeaders = (request) => [['Min-Expires', String(Number(request.headers.get('Expires')) + 1)]]
	await start(server, ['ann'])
	await until(() => server.registers.length > 0)
	for (let passed = 0; passed < 20; passed++) {
		await clock.advance(50)
		await until(() => true)
	}
	expect(server.registers.length).toBeLessThan(10)
})

it('of accounts that are asked in two ways hardly any answers in the other one, however often', async () => {
	const server = await registrar()
	const users = Array.from({ length: 24 }, (_, index) => `user${index}`)
	const wayOf = (user: string) => (Number(user.slice(4)) % 2 === 0 ? 'MD5' : 'SHA-256')
	const userOf = (request: SipRequest) => /sip:([^@]+)@/.exec(request.headers.get('To') ?? '')?.[1] ?? ''
	let nonce = 0
	let wrong = 0
	server.statusFor = (request) => {
		const given = responseOf(request)
		if (!given) return 401
		if ((given.algorithm ?? 'MD5') !== wayOf(userOf(request))) wrong++
		else if (given.nonce === `n${nonce}`) return 200
		return 401
	}
	server.refusalHeaders = (request) => [
		[
			'WWW-Authenticate',
			`Digest realm="r", nonce="n${nonce}", algorithm=${wayOf(userOf(request))}, qop="auth", stale=true`,
		],
	]
	await start(server, users)
	for (let round = 1; round <= 4; round++) {
		await accepted(users.length * round, 1000)
		nonce++
	}
	expect(wrong).toBeLessThanOrEqual(2)
})
