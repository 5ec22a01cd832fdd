import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { DemoTenant } from '@vigil/all-in-one'
import { until } from '@vigil/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type SleepingUser, TestWorld } from '../world/test-world.ts'

// A tenant with many devices lists them over and over, from many connections, while the phones of another are called.

const DEVICES = 20_000
const LISTINGS = 30
const ROUNDS = 6
const CALLS_OF_A_ROUND = 8
const CLIENTS = fileURLToPath(new URL('../world/listing-clients.ts', import.meta.url))

let world: TestWorld
let large: DemoTenant
let user: SleepingUser

beforeAll(async () => {
	world = await TestWorld.start()
	large = await world.platform.otherTenant()
	await seedDevices(large)
	user = await world.sleepingUser()
	for (let warm = 0; warm < 5; warm++) await setUpMs()
})

afterAll(() => world?.close())

async function seedDevices(tenant: DemoTenant): Promise<void> {
	const { id: accountId } = await tenant.addAccount({
		username: 'shared',
		domain: 'pbx.invalid',
		attributes: { pushEnabled: false },
	})
	const [app] = (await tenant.client.request<{ items: { id: string }[] }>('GET', '/v1/push-apps')).items
	const { database } = world.platform.platform.parts
	await database.platformTransaction(async (sql) => {
		const numbers = sql`generate_series(1, ${DEVICES}) as n`
		await sql`
			insert into vigil.devices (id, tenant_id, platform, instance_id, activity, token_digest, sip_secret, created_at_ms)
			select 'dev_listed_' || n, ${tenant.tenantId}, 'ios', 'urn:uuid:' || gen_random_uuid(), 'background',
				${tenant.tenantId} || ' ' || n, 'x', n
			from ${numbers}
		`
		await sql`
			insert into vigil.push_tokens (id, tenant_id, device_id, push_app_id, kind, token)
			select 'tok_listed_' || n, ${tenant.tenantId}, 'dev_listed_' || n, ${app?.id ?? ''}, 'voip', md5(n::text) from ${numbers}
		`
		await sql`
			insert into vigil.lines (device_id, account_id, tenant_id)
			select 'dev_listed_' || n, ${accountId}, ${tenant.tenantId} from ${numbers}
		`
	})
	await database.asPlatform((sql) => sql`analyze`)
}

/** Calls the sleeping phone and takes the time until it has answered, milliseconds. */
async function setUpMs(): Promise<number> {
	const startedMs = performance.now()
	const call = world.dial(user.username)
	await call.answered()
	const tookMs = performance.now() - startedMs
	await call.bye()
	await user.phone.device.detach()
	return tookMs
}

function median(values: readonly number[]): number {
	return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}

interface Listings {
	readonly pages: string[]
	stop(): Promise<void>
}

function startListings(): Listings {
	const { api } = world.platform.addresses
	const args = [CLIENTS, `${api}/v1/devices`, large.apiKey, String(LISTINGS)]
	const child: ChildProcess = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
	const pages: string[] = []
	if (child.stdout) createInterface({ input: child.stdout }).on('line', (line) => pages.push(line))
	return {
		pages,
		stop: async () => {
			const ended = once(child, 'exit')
			child.kill('SIGKILL')
			await ended
		},
	}
}

describe('thirty listings of twenty thousand devices', () => {
	it('leave the calls of another tenant their pace', async () => {
		const alone: number[] = []
		const beside: number[] = []
		const pages: string[] = []
		// By turns, so that what else the machine does falls on both alike.
		for (let round = 0; round < ROUNDS; round++) {
			for (let n = 0; n < CALLS_OF_A_ROUND; n++) alone.push(await setUpMs())
			const listings = startListings()
			try {
				await until(() => listings.pages.length > 0)
				for (let n = 0; n < CALLS_OF_A_ROUND; n++) beside.push(await setUpMs())
			} finally {
				await listings.stop()
			}
			pages.push(...listings.pages)
		}
		// They list all the while, and get what they ask for.
		expect(pages.length).toBeGreaterThan(ROUNDS)
		expect(new Set(pages)).toEqual(new Set(['200 200']))
		expect(median(beside)).toBeLessThanOrEqual(median(alone) * 1.5)
	})
})
