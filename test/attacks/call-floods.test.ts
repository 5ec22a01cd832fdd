import { readFile } from 'node:fs/promises'
import { DemoPushProvider, DemoTenant } from '@vigil/all-in-one'
import { type ScriptedRegistrar, startScriptedRegistrar, until } from '@vigil/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ServiceProcess, temporaryStateDir } from '../world/service-process.ts'
import { runFlood, strangersAddresses } from './flood/run-flood.ts'
import { quantile, TimedCaller } from './flood/timed-caller.ts'

// The service runs in a process of its own, and so does whoever floods it. What is measured is measured here, where nothing else is done.

const ADMIN_TOKEN = 'the-admin-token-of-this-test'
const PASSWORD = 'correct horse'
/** Accounts of the tenant that must not feel the flood, so that no budget of its own is reached. */
const QUIET_ACCOUNTS = 20
const CALLS = 200
const CALL_EVERY_MS = 50
const MOST_WAIT_MS = 50
const MOST_RSS_KIB = 512 * 1024
/**
 * A machine that is busy with other things makes callers wait without any flood, drops what waits for long, and is late enough for the
 * service to shed calls. Then the bound is relative to the calls before the flood.
 */
const BUSY_MACHINE_MS = 20
const TIMES_SLOWER_ON_BUSY_MACHINE = 50

let service: ServiceProcess
let registrar: ScriptedRegistrar
let pushes: DemoPushProvider
let caller: TimedCaller
let api: string
let operations: string
let upstreamPort: number
const closing: (() => unknown)[] = []

beforeAll(async () => {
	const state = await temporaryStateDir()
	closing.push(state.remove)
	service = ServiceProcess.start('service', [], {
		VIGIL_STATE_DIR: state.path,
		VIGIL_DEMO: 'off',
		VIGIL_ADMIN_TOKEN: ADMIN_TOKEN,
		// The SIP server of this test is on the loopback.
		VIGIL_EGRESS: 'lan,127.0.0.0/8',
	})
	closing.push(() => service.kill())
	api = (await service.printed(/control API +(\S+)/))[1] ?? ''
	operations = (await service.printed(/readiness +(\S+)\/readyz/))[1] ?? ''
	upstreamPort = Number((await service.printed(/towards SIP servers +\S+:(\d+)/))[1])
	registrar = await startScriptedRegistrar({ realm: 'pbx.test' })
	closing.push(() => registrar.close())
	pushes = await DemoPushProvider.start()
	closing.push(() => pushes.close())
	caller = await TimedCaller.open(upstreamPort)
	closing.push(() => caller.close())
})

afterAll(async () => {
	for (const close of closing.reverse()) await close()
})

function newTenant(name: string): Promise<DemoTenant> {
	return DemoTenant.create({ api, adminToken: ADMIN_TOKEN }, pushes, name)
}

/** An account with a phone that sleeps for good; gives the Request-URI that its SIP server calls it by. */
async function sleepingAccount(tenant: DemoTenant, username: string): Promise<{ id: string; target: string }> {
	registrar.setUser(username, PASSWORD)
	const { id } = await tenant.addAccount({
		username,
		domain: `${registrar.host}:${registrar.port}`,
		transport: 'udp',
		password: PASSWORD,
		attributes: { registrationMode: 2, autoSend180: true },
	})
	const phone = await tenant.addPhone(id, { wakes: false })
	closing.push(() => phone.close())
	const [binding] = await until(() => registrar.bindings(username).length > 0 && registrar.bindings(username))
	return { id, target: binding?.target ?? '' }
}

async function metric(pattern: RegExp): Promise<number> {
	const text = await (await fetch(`${operations}/metrics`)).text()
	return Number(pattern.exec(text)?.[1] ?? 0)
}

async function peakRssKib(): Promise<number> {
	const status = await readFile(`/proc/${service.pid}/status`, 'utf8')
	return Number(/^VmHWM:\s+(\d+) kB/m.exec(status)?.[1])
}

function print(figures: object): void {
	process.stdout.write(`${JSON.stringify(figures)}\n`)
}

describe('19 000 INVITEs in 10 s, from ten addresses, to one account', () => {
	it('are answered by the budget of that account, while callers of another tenant hear 180 as before', async () => {
		const victim = await sleepingAccount(await newTenant('flooded'), 'victim')
		const quiet = await newTenant('quiet')
		const targets: string[] = []
		for (let index = 0; index < QUIET_ACCOUNTS; index++) {
			targets.push((await sleepingAccount(quiet, `quiet${index}`)).target)
		}
		const before = await caller.callInTurn(targets, CALLS / 2, CALL_EVERY_MS)
		const flood = runFlood({
			port: upstreamPort,
			targets: [victim.target],
			addresses: strangersAddresses(10),
			invites: 19_000,
			seconds: 10,
		})
		const during = await caller.callInTurn(targets, CALLS, CALL_EVERY_MS)
		const apiAskedAtMs = performance.now()
		const held = await metric(/^vigil_worker_held_calls (\d+)/m)
		const apiTookMs = performance.now() - apiAskedAtMs
		const { sent, tookMs, responses } = await flood
		const refused = await metric(/^vigil_worker_calls_refused\{scope="account"[^}]*\} (\d+)/m)
		const rssKib = await peakRssKib()
		const [p99Before, p99] = [quantile(before, 0.99), quantile(during, 0.99)]
		const isBusy = p99Before > BUSY_MACHINE_MS
		print({ sent, tookMs, responses, held, refused, rssMib: rssKib / 1024, apiTookMs })
		print({ p50Before: quantile(before, 0.5), p99Before, p50: quantile(during, 0.5), p99, isBusy })
		expect(sent).toBe(19_000)
		expect(held).toBeLessThanOrEqual(30 + QUIET_ACCOUNTS * 15)
		expect(rssKib).toBeLessThan(MOST_RSS_KIB)
		if (isBusy) {
			expect(p99).toBeLessThan(p99Before * TIMES_SLOWER_ON_BUSY_MACHINE)
			return
		}
		// Everybody who called the other tenant heard it ring.
		expect(caller.refusals).toEqual([])
		expect(before).toHaveLength(CALLS / 2)
		expect(during).toHaveLength(CALLS)
		expect(responses['486']).toBeGreaterThan(18_000)
		expect(p99).toBeLessThan(MOST_WAIT_MS)
	})
})
