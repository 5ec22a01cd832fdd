import type { TenantId } from '@vigil/domain'
import { MOST_IDEMPOTENCY_KEYS } from '@vigil/domain'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestPlatform, type TestPlatform } from '../world/test-platform.ts'

// What may be used once is used many times, at once and afterwards: enrolment codes, and requests under one Idempotency-Key.

const AT_ONCE = 12

let platform: TestPlatform

beforeAll(async () => {
	platform = await startTestPlatform({ VIGIL_API_UNAUTHENTICATED_PER_MINUTE: '1000', VIGIL_ACCOUNT_DEVICES: '100' })
})

afterAll(() => platform?.close())

interface Answer {
	readonly status: number
	readonly body: Readonly<Record<string, unknown>>
	readonly isReplay: boolean
}

async function post(path: string, body: object, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
	const response = await fetch(`${platform.addresses.api}${path}`, {
		method: 'POST',
		headers: { 'content-type': 'application/json', ...headers },
		body: JSON.stringify(body),
	})
	const isReplay = response.headers.has('idempotency-replayed')
	return { status: response.status, body: (await response.json()) as Answer['body'], isReplay }
}

const countOf = (responses: readonly Answer[], status: number) =>
	responses.filter((one) => one.status === status).length

describe('an enrolment code', () => {
	async function newCode(username: string) {
		const account = await platform.tenant.addAccount({ username, domain: 'pbx.invalid', password: 'correct horse' })
		const { code } = await platform.tenant.client.createEnrolment(account.id)
		const enrol = (change: object = {}) =>
			post('/v1/devices', { enrolmentCode: code, platform: 'ios', pushTokens: [], ...change })
		const devices = async () =>
			(await platform.tenant.client.request<{ items: unknown[] }>('GET', `/v1/devices?accountId=${account.id}`)).items
		return { enrol, devices }
	}

	it('lets one install in, of many that hand it in at once', async () => {
		const { enrol, devices } = await newCode('once')
		const responses = await Promise.all(Array.from({ length: AT_ONCE }, () => enrol()))
		expect([countOf(responses, 201), countOf(responses, 401)]).toEqual([1, AT_ONCE - 1])
		expect((await enrol()).status).toBe(401)
		expect(await devices()).toHaveLength(1)
	})

	it('is not used up, nor given a longer life, by requests that are refused', async () => {
		const { enrol, devices } = await newCode('refused')
		const { database } = platform.platform.parts
		const ends = () =>
			database.asPlatform((sql) => sql<{ at: number }[]>`select expires_at_ms as at from vigil.enrolments order by 1`)
		const before = await ends()
		const wrong = { pushTokens: [{ app: 'nobody’s', kind: 'voip', token: 'aa' }] }
		const refusals = await Promise.all(Array.from({ length: AT_ONCE }, () => enrol(wrong)))
		expect(countOf(refusals, 422)).toBe(AT_ONCE)
		expect(await ends()).toEqual(before)
		expect((await enrol()).status).toBe(201)
		expect(await devices()).toHaveLength(1)
	})
})

describe('an Idempotency-Key', () => {
	const made = (bearer: string, key: string, username: string) =>
		post(
			'/v1/accounts',
			{ username, domain: 'pbx.invalid', password: 'correct horse' },
			{ authorization: `Bearer ${bearer}`, 'idempotency-key': key },
		)

	it('has one effect, of many requests at once, and the same answer afterwards', async () => {
		const { apiKey } = platform.tenant
		const responses = await Promise.all(Array.from({ length: AT_ONCE }, () => made(apiKey, 'at-once', 'single')))
		const done = responses.filter(({ status }) => status === 201)
		expect(countOf(responses, 409)).toBe(AT_ONCE - done.length)
		expect(new Set(done.map(({ body }) => body.id)).size).toBe(1)
		expect(done.filter(({ isReplay }) => !isReplay)).toHaveLength(1)
		expect(await made(apiKey, 'at-once', 'single')).toMatchObject({ status: 201, isReplay: true, body: done[0]?.body })
	})

	it('of one tenant pushes out no other’s, however many it uses, and gives nobody another’s answer', async () => {
		const other = await platform.otherTenant()
		const own = await made(platform.tenant.apiKey, 'kept', 'kept')
		await floodKeys(other.tenantId as TenantId)
		for (let count = 0; count < 3; count++) await made(other.apiKey, `more-${count}`, `more${count}`)
		const foreign = await made(other.apiKey, 'kept', 'kept')
		expect([foreign.status, foreign.isReplay]).toEqual([201, false])
		expect(foreign.body.id).not.toBe(own.body.id)
		expect(await made(platform.tenant.apiKey, 'kept', 'kept')).toMatchObject({ isReplay: true, body: own.body })
		expect(await keysOf(other.tenantId as TenantId)).toBeLessThanOrEqual(MOST_IDEMPOTENCY_KEYS)
	})

	it('is known to the process that comes after', async () => {
		const own = await made(platform.tenant.apiKey, 'before', 'before')
		await platform.restart()
		expect(await made(platform.tenant.apiKey, 'before', 'before')).toMatchObject({ isReplay: true, body: own.body })
	})

	/** As many as a tenant may have, all of them younger than what others have. */
	function floodKeys(tenantId: TenantId): Promise<unknown> {
		return platform.platform.parts.database.asTenant(
			tenantId,
			(sql) => sql`
				insert into vigil.idempotency_keys (id, tenant_id, fingerprint, expires_at_ms)
				select 'flood ' || n, ${tenantId}, 'x', vigil.now_ms() + 86400000
				from generate_series(1, ${MOST_IDEMPOTENCY_KEYS}) as n
			`,
		)
	}

	async function keysOf(tenantId: TenantId): Promise<number> {
		const [row] = await platform.platform.parts.database.asTenant(
			tenantId,
			(sql) => sql<{ count: number }[]>`select count(*)::integer as count from vigil.idempotency_keys`,
		)
		return row?.count ?? Number.NaN
	}
})
