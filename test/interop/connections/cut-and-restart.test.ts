import { type SleepingPhone, TenantClient } from '@vigil/all-in-one'
import { until } from '@vigil/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { havePeers } from '../peers/find-peer.ts'
import { CutRelay, canKillConnections, killConnections } from '../peers/kill-connections.ts'
import { sippCall } from '../peers/sipp.ts'
import { PASSWORD, RegistrarWorld } from '../registrars/registrar-world.ts'

const TCP_ACCOUNTS = 50
const UDP_ACCOUNTS = 10
/** Accounts of one phone. */
const LINES = 10
/** Spread, pacing and whatever else the machine has to do. */
const BOUND_WITHIN_MS = 30_000
/** The shortest refresh that an account may have, seconds. */
const SCOUT_REFRESH = 30
const LONG_TEST_MS = 240_000

/** An account whose phone sleeps; a phone has several. */
interface User {
	readonly username: string
	readonly phone: SleepingPhone
}

type AccountOptions = NonNullable<Parameters<RegistrarWorld['user']>[1]>

async function sleepers(
	world: RegistrarWorld,
	prefix: string,
	count: number,
	options: AccountOptions,
): Promise<User[]> {
	const users: User[] = []
	for (let from = 0; from < count; from += LINES) {
		const names = Array.from({ length: Math.min(LINES, count - from) }, (_, index) => `${prefix}${from + index}`)
		users.push(...(await phoneWith(world, names, options)))
	}
	return users
}

async function phoneWith(world: RegistrarWorld, names: readonly string[], options: AccountOptions): Promise<User[]> {
	const [first = '', ...others] = names
	const { phone } = await world.user(first, options)
	const device = new TenantClient(world.platform.addresses.api, phone.device.identity.deviceToken)
	const common = { domain: world.domain(options.transport), password: PASSWORD, ...options }
	for (const username of others) {
		const account = await world.tenant.addAccount({ ...common, username })
		const { code } = await world.tenant.client.createEnrolment(account.id)
		await device.request('POST', '/v1/devices/me/lines', { enrolmentCode: code })
	}
	const { lines } = await phone.device.handoff('background')
	expect(lines.map(({ holder }) => holder)).toEqual(names.map(() => 'service'))
	return names.map((username) => ({ username, phone }))
}

/** When the last of these was bound after that instant, milliseconds from it. */
async function boundAgain({ kamailio }: RegistrarWorld, users: readonly User[], sinceMs: number): Promise<number> {
	const boundAtMs = ({ username }: User) =>
		kamailio
			.registers(username)
			.find(({ answeredAtMs = 0, status, contact }) => status === 200 && contact !== '' && answeredAtMs > sinceMs)
			?.answeredAtMs
	const missing = () => users.filter((user) => boundAtMs(user) === undefined).map(({ username }) => username)
	await until(() => missing().length === 0, { deadlineMs: 120_000, what: () => `bound again: ${missing().join(', ')}` })
	return Math.max(...users.map((user) => boundAtMs(user) ?? 0)) - sinceMs
}

async function expectCalled(world: RegistrarWorld, users: readonly User[]): Promise<void> {
	for (const { username, phone } of users) {
		const before = phone.calls.length
		const call = await sippCall({ scenario: 'answered', callee: username, serverPort: world.kamailio.port })
		expect(call.ok, `${username}: ${call.output}`).toBe(true)
		expect(phone.calls.length).toBe(before + 1)
	}
}

/** Some from the beginning, the middle and the end. */
function some(users: readonly User[]): User[] {
	return [0, 0.3, 0.6, 1].flatMap((share) => users[Math.floor(share * (users.length - 1))] ?? [])
}

function print(what: string): void {
	process.stdout.write(`connections: ${what}\n`)
}

describe.skipIf(!havePeers('kamailio', 'sipp'))('a registrar that takes the connection for the binding', () => {
	let world: RegistrarWorld
	let relay: CutRelay | undefined
	let overTcp: User[]
	let overUdp: User[]

	beforeAll(async () => {
		world = await RegistrarWorld.start({ variant: 'connection' })
		if (!(await canKillConnections())) relay = await CutRelay.start(world.kamailio.port)
		const proxy = relay && { attributes: { outboundProxy: `127.0.0.1:${relay.port}` } }
		overTcp = await sleepers(world, 'tcp', TCP_ACCOUNTS, { transport: 'tcp', ...proxy })
		overUdp = await sleepers(world, 'udp', UDP_ACCOUNTS, { transport: 'udp' })
	}, LONG_TEST_MS)

	afterAll(async () => {
		relay?.close()
		await world?.close()
	})

	it(
		'has all accounts back when their connection is cut, and loses no call after that',
		async () => {
			const cutMs = Date.now()
			const count = relay ? relay.cut() : killConnections(world.kamailio.port)
			expect(count).toBeGreaterThan(0)
			const tookMs = await boundAgain(world, overTcp, cutMs)
			const how = relay ? 'a relay that resets, as ss -K does not work here' : 'ss -K'
			print(`cut by ${how} (${count}): ${TCP_ACCOUNTS} accounts bound again after ${Math.round(tookMs)} ms`)
			expect(tookMs).toBeLessThan(BOUND_WITHIN_MS)
			await expectCalled(world, some(overTcp))
		},
		LONG_TEST_MS,
	)

	it(
		'is left with one binding of an account over WebSocket, whose Contact names the connection',
		async () => {
			const { username, phone } = await world.user('overws', { transport: 'ws' })
			const cutMs = Date.now()
			// A relay is on the way of the accounts over TCP alone: without `ss -K` the server has to end the connection.
			if (relay) await world.kamailio.restart()
			else expect(killConnections(world.kamailio.port)).toBeGreaterThan(0)
			await boundAgain(world, [{ username, phone }, ...overTcp], cutMs)
			const contacts = () => world.kamailio.bindings(username).at(-1)?.contacts ?? []
			await until(() => contacts().length === 1, { deadlineMs: BOUND_WITHIN_MS, what: () => `one of ${contacts()}` })
			await expectCalled(world, [{ username, phone }])
		},
		LONG_TEST_MS,
	)

	it(
		'has all accounts back when it begins anew, those over UDP too',
		async () => {
			await world.kamailio.restart()
			const restartedMs = Date.now()
			const overTcpMs = await boundAgain(world, overTcp, restartedMs)
			const overUdpMs = await boundAgain(world, overUdp, restartedMs)
			print(`restarted: over TCP after ${Math.round(overTcpMs)} ms, over UDP after ${Math.round(overUdpMs)} ms`)
			expect(Math.max(overTcpMs, overUdpMs)).toBeLessThan(2 * BOUND_WITHIN_MS)
			await expectCalled(world, [...some(overTcp), ...some(overUdp)])
		},
		LONG_TEST_MS,
	)
})

describe.skipIf(!havePeers('kamailio', 'sipp'))('a registrar that is reached by UDP alone', () => {
	let world: RegistrarWorld

	beforeAll(async () => {
		world = await RegistrarWorld.start()
	})

	afterAll(() => world?.close())

	it(
		'has all accounts back when it begins anew, once one of them has come by',
		async () => {
			const users = await sleepers(world, 'udp', UDP_ACCOUNTS, {})
			const scout = await world.user('scout', { attributes: { registrationRefreshSeconds: SCOUT_REFRESH } })
			// Its nonce was taken again: that it is refused next time is a sign.
			await world.registers('scout', 200, 2)
			await world.kamailio.restart()
			const restartedMs = Date.now()
			const noticedMs = restartedMs + (await boundAgain(world, [scout], restartedMs))
			const tookMs = await boundAgain(world, users, noticedMs - 1)
			print(
				`restarted: noticed by one after ${noticedMs - restartedMs} ms, by ${users.length} others ${tookMs} ms later`,
			)
			expect(tookMs).toBeLessThan(BOUND_WITHIN_MS)
			await expectCalled(world, some(users))
		},
		LONG_TEST_MS,
	)
})
