import { type Account, DEFAULT_ATTRIBUTES, type TenantId } from '@vigil/domain'
import type { RegistrationWorker } from '@vigil/registration-worker'
import { Egress, silentLogger } from '@vigil/runtime'
import { DnsServer, VirtualClock } from '@vigil/testkit'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { accountOf, sleepingDevice, startLoneWorker, TEST_EGRESS } from '../world/lone-worker.ts'
import { MemoryPorts } from '../world/memory-ports.ts'
import { closeInTime, passTime } from '../world/pass-time.ts'
import { PlainRegistrar } from '../world/plain-registrar.ts'

// A tenant names hosts of others as the SIP servers of many accounts, so that the service floods them with REGISTERs.

const ACCOUNTS = 600
const SECONDS = 10
/** What a host may see at most of one tenant: the burst, five a second, and those of the moment at which the test looks. */
const MOST_AT_ONE = 20 + 5 * SECONDS + 5
const MOST_OF_TENANT = 200 + 50 * SECONDS + 50
const OTHER = { tenantId: 'tenant-2' as TenantId }

let clock: VirtualClock
let victim: PlainRegistrar
let ports: MemoryPorts
let worker: RegistrationWorker | undefined
const closing: { close(): unknown }[] = []

beforeEach(async () => {
	clock = new VirtualClock()
	ports = new MemoryPorts()
	victim = await registrar()
})

afterEach(async () => {
	await closeInTime(clock, worker)
	worker = undefined
	await Promise.all(closing.splice(0).map((one) => one.close()))
})

async function registrar(): Promise<PlainRegistrar> {
	const server = await PlainRegistrar.start(clock)
	closing.push(server)
	return server
}

function add(account: Account): void {
	const device = sleepingDevice(account.username, [account.id])
	ports.accountsById.set(account.id, account)
	ports.devicesById.set(device.id, device)
}

function aim(domain: (index: number) => string, count = ACCOUNTS): void {
	const attributes = { ...DEFAULT_ATTRIBUTES, registrationRefreshSeconds: 60 }
	for (let index = 0; index < count; index++) add(accountOf(`aimed${index}`, domain(index), { attributes }))
}

async function start(dns?: DnsServer): Promise<void> {
	const servers = dns === undefined ? {} : { dnsServers: [dns.address] }
	worker = await startLoneWorker(ports, clock, silentLogger, servers, 1, new Egress(TEST_EGRESS, silentLogger))
}

const pass = (seconds: number, done?: () => boolean) =>
	passTime(clock, { mostMs: seconds * 1000, stepMs: 50, ...(done === undefined ? {} : { done }) })
/** The copies of one counted once. */
const seen = ({ registers }: PlainRegistrar) =>
	new Set(registers.map(({ request: { headers } }) => `${headers.get('Call-ID')} ${headers.get('CSeq')}`)).size
const registered = () => worker?.snapshot().registrations.registered ?? 0
const loopback = (server: PlainRegistrar) => `127.0.0.1:${server.port}`

describe('a tenant that aims its accounts at a host of others', () => {
	it.each([
		['that refuses them', 403],
		['that has no time', 500],
		['that says nothing', undefined],
	])('sends it a few REGISTERs a second, %s', async (_, status) => {
		victim.isSilent = status === undefined
		victim.statusFor = () => status ?? 200
		aim(() => loopback(victim))
		await start()
		await pass(SECONDS)
		expect(seen(victim)).toBeGreaterThan(5)
		expect(seen(victim)).toBeLessThanOrEqual(MOST_AT_ONE)
	})

	it('does so however many wrong passwords are asked for', async () => {
		let nonce = 0
		victim.statusFor = () => 401
		victim.refusalHeaders = () => [['WWW-Authenticate', `Digest realm="a", nonce="${nonce++}", qop="auth"`]]
		aim(() => loopback(victim))
		await start()
		await pass(SECONDS)
		expect(seen(victim)).toBeGreaterThan(20)
		// The answers to challenges of those that began with the burst go at once.
		expect(seen(victim)).toBeLessThanOrEqual(MOST_AT_ONE + 20)
	})

	it('gains nothing by a server of its own that accepts one and redirects the others', async () => {
		const own = await registrar()
		own.statusFor = () => (own.registers.length === 1 ? 200 : 302)
		own.refusalHeaders = () => [['Contact', `<sip:${loopback(victim)}>`]]
		victim.statusFor = () => 403
		aim(() => loopback(own))
		await start()
		await pass(SECONDS)
		expect(seen(victim)).toBeGreaterThan(5)
		// One window of the own server may be on its way already.
		expect(seen(victim)).toBeLessThanOrEqual(MOST_AT_ONE + 32)
	})

	it('gains nothing by a name that leads to its own server first', async () => {
		const dns = await DnsServer.start()
		closing.push(dns)
		const own = await PlainRegistrar.start(clock, { port: victim.port, host: '127.0.0.2' })
		closing.push(own)
		dns.set('pbx.example', { addresses: ['127.0.0.2'], ttlSeconds: 10 })
		victim.statusFor = () => 403
		aim(() => `pbx.example:${victim.port}`)
		await start(dns)
		await pass(SECONDS, () => registered() === ACCOUNTS)
		expect(registered()).toBe(ACCOUNTS)
		dns.set('pbx.example', { addresses: ['127.0.0.1'], ttlSeconds: 10 })
		await pass(120, () => seen(victim) > 0)
		await pass(SECONDS)
		expect(seen(victim)).toBeGreaterThan(5)
		expect(seen(victim)).toBeLessThanOrEqual(MOST_AT_ONE)
	})

	it('has one budget for all hosts that it aims at', async () => {
		const wires = await Promise.all(Array.from({ length: 100 }, () => registrar()))
		for (const wire of wires) wire.statusFor = () => 403
		aim((index) => loopback(wires[index % wires.length] as PlainRegistrar), 2000)
		await start()
		await pass(SECONDS)
		const sum = wires.reduce((all, wire) => all + seen(wire), 0)
		expect(sum).toBeGreaterThan(200)
		expect(sum).toBeLessThanOrEqual(MOST_OF_TENANT)
	})

	it('gains nothing by probes', async () => {
		victim.statusFor = () => 403
		aim(() => loopback(victim), 200)
		await start()
		const refused: string[] = []
		await ports.signals.subscribe('probe.done', ({ error }) => void (error && refused.push(error)))
		for (const accountId of ports.accountsById.keys()) {
			await ports.signals.publish('probe.asked', { probeId: accountId, accountId, force: false })
		}
		await pass(SECONDS)
		expect(refused.length).toBeGreaterThan(100)
		expect(refused[0]).toMatch(/has not accepted a registration yet/)
		expect(seen(victim)).toBeLessThanOrEqual(MOST_AT_ONE)
	})

	it('slows down no other tenant there', async () => {
		victim.statusFor = (request) => (String(request.headers.get('To')).includes('aimed') ? 403 : 200)
		aim(() => loopback(victim))
		for (let index = 0; index < 300; index++) add(accountOf(`member${index}`, loopback(victim), OTHER))
		await start()
		await pass(SECONDS, () => registered() === 300)
		expect(registered()).toBe(300)
	})
})

describe('a tenant whose SIP server accepts', () => {
	it('registers all of its accounts at once', async () => {
		aim(() => loopback(victim))
		await start()
		const from = clock.now()
		await pass(SECONDS, () => registered() === ACCOUNTS)
		expect(registered()).toBe(ACCOUNTS)
		expect(clock.now() - from).toBeLessThan(2000)
	})

	it('registers at many servers at once', async () => {
		const servers = await Promise.all(Array.from({ length: 100 }, () => registrar()))
		aim((index) => loopback(servers[index % servers.length] as PlainRegistrar), 1000)
		await start()
		const from = clock.now()
		await pass(SECONDS, () => registered() === 1000)
		expect(registered()).toBe(1000)
		expect(clock.now() - from).toBeLessThan(2000)
	})
})
