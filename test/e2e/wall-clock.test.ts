import { startScriptedCaller, startScriptedRegistrar, until, VirtualClock } from '@vigil/testkit'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { accountOf, sleepingDevice, startLoneWorker } from '../world/lone-worker.ts'
import { MemoryPorts } from '../world/memory-ports.ts'
import { closeInTime } from '../world/pass-time.ts'

const HOUR_MS = 3_600_000
/** That of every account in `MemoryPorts`. */
const PASSWORD = 'correct horse'
const closing: (() => unknown)[] = []

let clock: VirtualClock
let ports: MemoryPorts

beforeEach(() => {
	clock = new VirtualClock()
	ports = new MemoryPorts()
})

afterEach(async () => {
	for (const close of closing.splice(0).reverse()) await close()
})

async function boundWorld() {
	const registrar = await startScriptedRegistrar({ users: { alice: PASSWORD, bob: PASSWORD }, realm: 'pbx.test' })
	closing.push(() => registrar.close())
	const account = accountOf('alice', `127.0.0.1:${registrar.port}`)
	ports.accountsById.set(account.id, account)
	const device = sleepingDevice('phone', [account.id])
	ports.devicesById.set(device.id, device)
	const worker = await startLoneWorker(ports, clock)
	closing.push(() => closeInTime(clock, worker))
	const accepted = () => registrar.registers.items.filter(({ status }) => status === 200).length
	const status = () => ports.statuses.get(account.id)
	await until(async () => {
		await clock.advance(50)
		return status()?.state === 'registered'
	})
	return { registrar, accepted, status }
}

it.each([HOUR_MS, -HOUR_MS])(
	'a wall clock that was set by %i ms is in the pushes and statuses, and in no timer',
	async (byMs) => {
		const { registrar, accepted } = await boundWorld()
		clock.stepWall(byMs)
		const caller = await startScriptedCaller({
			uri: 'sip:bob@pbx.test',
			server: { transport: 'udp', host: registrar.host, port: registrar.port },
			credentials: { username: 'bob', password: PASSWORD },
		})
		closing.push(() => caller.close())
		const call = caller.invite('sip:alice@pbx.test')
		const push = await until(() => ports.pushes[0])
		expect(push.deadlineMs - clock.wall()).toBeGreaterThan(0)
		expect(push.deadlineMs - clock.wall()).toBeLessThanOrEqual(30_000)
		expect(Math.abs(push.enqueuedAtMs - clock.wall())).toBeLessThan(1000)
		const before = accepted()
		await until(async () => {
			await clock.advance(500)
			return call.responses.items.some(({ status }) => status === 480)
		})
		// Nobody attached within 25 s of the caller's own time, whatever the wall says.
		expect(push.deadlineMs - clock.wall()).toBeLessThanOrEqual(0)
		if (byMs < 0) expect(accepted()).toBe(before)
	},
)

it('a machine that has slept sees to its bindings at once, and says when in the time of the wall', async () => {
	const { accepted, status } = await boundWorld()
	const before = accepted()
	clock.stepWall(HOUR_MS)
	await until(async () => {
		await clock.advance(500)
		return accepted() > before
	})
	const { nextAttemptMs = 0 } = status() ?? {}
	expect(nextAttemptMs).toBeGreaterThan(0)
})

it('a refresh is where it was when the wall clock was set back', async () => {
	const { accepted } = await boundWorld()
	const before = accepted()
	clock.stepWall(-HOUR_MS)
	await clock.advance(60_000)
	expect(accepted()).toBe(before)
	await until(async () => {
		await clock.advance(5000)
		return accepted() > before
	})
	expect(clock.now() - 1_767_225_600_000).toBeLessThan(620_000)
})
