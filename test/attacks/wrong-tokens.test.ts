import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestPlatform, type TestPlatform } from '../world/test-platform.ts'

// Whoever tries tokens gets so many tries a minute. Who has a right one never notices, though it comes from the same address.

const TRIES_PER_MINUTE = 30
const FLOOD = 200

let platform: TestPlatform
beforeAll(async () => {
	platform = await startTestPlatform({ VIGIL_TRUSTED_PROXIES: '127.0.0.0/8' })
})
afterAll(() => platform.close())

interface Asked {
	readonly status: number
	readonly retryAfter: number
}

async function ask(path: string, token: string, client: string): Promise<Asked> {
	const response = await fetch(`${platform.addresses.api}${path}`, {
		headers: { authorization: `Bearer ${token}`, 'x-forwarded-for': client },
	})
	await response.text()
	return { status: response.status, retryAfter: Number(response.headers.get('retry-after')) }
}

function madeUp(prefix: string, index: number): string {
	return prefix + index.toString(36).padStart(43, 'A')
}

async function flood(path: string, prefix: string, clientOf: (index: number) => string): Promise<Asked[]> {
	const asked: Asked[] = []
	for (let sent = 0; sent < FLOOD; sent += 20) {
		const some = Array.from({ length: 20 }, (_, index) => sent + index)
		asked.push(...(await Promise.all(some.map((index) => ask(path, madeUp(prefix, index), clientOf(index))))))
	}
	return asked
}

/** Those beyond the budget; while they were sent it has grown a little. */
function expectBounded(asked: readonly Asked[]): void {
	const refused = asked.filter(({ status }) => status === 429)
	expect(asked.filter(({ status }) => status === 401).length).toBeGreaterThanOrEqual(TRIES_PER_MINUTE)
	expect(refused.length).toBeGreaterThan(FLOOD / 2)
	expect(refused.every(({ retryAfter }) => retryAfter > 0)).toBe(true)
}

describe('made up tokens from one address', () => {
	it.each([
		['of the administrator', '/v1/tenants', '', '203.0.113.1'],
		['of tenants', '/v1/accounts', 'vgl_key_', '203.0.113.2'],
		['of devices', '/v1/devices/me', 'vgl_dev_', '203.0.113.3'],
	])('%s are refused by 429, and right ones from there pass', async (_whose, path, prefix, client) => {
		expectBounded(await flood(path, prefix, () => client))
		expect((await ask('/v1/tenants', platform.addresses.adminToken, client)).status).toBe(200)
		expect((await ask('/v1/accounts', platform.tenant.apiKey, client)).status).toBe(200)
		// The same key spelt at the wrong door is no right token.
		expect((await ask('/v1/tenants', platform.tenant.apiKey, client)).status).toBe(429)
		expect((await ask('/v1/accounts', madeUp('vgl_key_', 0), '203.0.113.99')).status).toBe(401)
	})

	it('of an IPv6 site count together, and its neighbour has a budget of its own', async () => {
		expectBounded(await flood('/v1/accounts', 'vgl_key_', (index) => `2001:db8:1:2::${(index + 1).toString(16)}`))
		expect((await ask('/v1/accounts', platform.tenant.apiKey, '2001:db8:1:2::ffff')).status).toBe(200)
		expect((await ask('/v1/accounts', madeUp('vgl_key_', 0), '2001:db8:1:3::1')).status).toBe(401)
	})

	it('a key that was never used before passes beside the flood', async () => {
		const client = '203.0.113.4'
		const guessing = flood('/v1/accounts', 'vgl_key_', () => client)
		const other = await platform.otherTenant()
		expect((await ask('/v1/accounts', other.apiKey, client)).status).toBe(200)
		expectBounded(await guessing)
	})
})
