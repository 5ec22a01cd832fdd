import type { AccountRegistration, CreateAccountRequest } from '@vigil/contracts'
import { until } from '@vigil/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { TestWorld } from '../world/test-world.ts'
import { LineService } from './inside/line-service.ts'
import { closedPort, filteredPort, openPort } from './inside/ports.ts'

/** RFC 3261 17.1.2.2: when a server that says nothing is given up. */
const GIVEN_UP_AFTER_MS = 32_000
/** Room for a busy machine. */
const LEEWAY_MS = 12_000

type Seen = Pick<AccountRegistration['registration'], 'state' | 'reason' | 'sipStatus'> & { readonly hasNext: boolean }

let world: TestWorld
const closing: (() => unknown)[] = []

beforeAll(async () => {
	world = await TestWorld.start()
})

afterAll(async () => {
	for (const close of closing.reverse()) await close()
	await world?.close()
})

/** What a tenant sees of an account that it aims at a port, in order, until it fails; and how long that took by the times shown. */
async function look(account: Partial<CreateAccountRequest>): Promise<{ seen: Seen[]; tookMs: number }> {
	const { id } = await world.addAccount(account)
	const phone = await world.addPhone(id)
	const handedOver = phone.device.handoff('background').catch(() => {})
	const seen: Seen[] = []
	const sinces = new Map<string, number>()
	await until(
		async () => {
			const { registration } = await world.tenant.client.request<AccountRegistration>(
				'GET',
				`/v1/accounts/${id}/registration`,
			)
			const { state, reason, sipStatus, nextAttemptAt, since } = registration
			const now = { state, reason, sipStatus, hasNext: nextAttemptAt !== undefined }
			if (JSON.stringify(seen.at(-1)) !== JSON.stringify(now)) seen.push(now)
			sinces.set(state, Date.parse(since))
			await new Promise((resolve) => setImmediate(resolve))
			return state === 'failing'
		},
		{ deadlineMs: 90_000, what: () => JSON.stringify(seen) },
	)
	await handedOver
	const tookMs = (sinces.get('failing') ?? 0) - (sinces.get('registering') ?? 0)
	return { seen: seen.filter(({ state }) => state !== 'unregistered'), tookMs }
}

describe('a tenant that aims accounts at ports inside', () => {
	it('sees the same of those that are open, closed and filtered, and of other protocols', async () => {
		const mail = await LineService.start('127.0.0.1')
		const ports = {
			silent: await openPort('silent'),
			hasty: await openPort('hasty'),
			closed: await closedPort(),
			filtered: await filteredPort(),
			mail,
		}
		closing.push(...Object.values(ports).map((port) => () => port.close()))
		const aimed = Object.values(ports).map(({ port }) => `127.0.0.1:${port}`)
		const looks = await Promise.all([
			...aimed.map((domain) => look({ domain, transport: 'tcp' })),
			...aimed.slice(1).map((domain) => look({ domain, transport: 'tls' })),
			look({ domain: `127.0.0.1:${mail.port}`, transport: 'ws' }),
			look({ domain: `127.0.0.1:${mail.port}`, transport: 'udp' }),
			look({ domain: `127.0.0.1:${ports.closed.port}`, transport: 'udp' }),
			// Its own sockets and stores are as closed as any other port.
			look({ domain: new URL(world.platform.addresses.api).host, transport: 'tcp' }),
		])
		for (const { seen, tookMs } of looks) {
			expect(seen).toEqual([
				{ state: 'registering', hasNext: false },
				{ state: 'failing', reason: 'the SIP server cannot be reached or does not answer', hasNext: false },
			])
			expect(tookMs).toBeGreaterThanOrEqual(GIVEN_UP_AFTER_MS - 1000)
			expect(tookMs).toBeLessThan(GIVEN_UP_AFTER_MS + LEEWAY_MS)
		}
	})
})
