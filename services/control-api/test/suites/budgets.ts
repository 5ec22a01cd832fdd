import { DEFAULT_TENANT_LIMITS, type LoadLevel } from '@vigil/domain'
import { describe, expect, it } from 'vitest'
import { createAccount, createTenant, enrolDevice, validAccount } from '../builders.ts'
import { ADMIN_TOKEN, type Harness, send } from '../harness.ts'

const PER_SECOND = 5
const BURST = 4 * PER_SECOND

export function budgetSuite(api: () => Harness): void {
	describe('the budget of a tenant', () => {
		it('bounds what it asks at every route, and says when to come again', async () => {
			const [busy, quiet] = [await createTenant(api()), await createTenant(api())]
			const app = await api().variant({ requestRates: { tenantRequestsPerSecond: PER_SECOND } })
			const urls = ['/v1/accounts', '/v1/devices', '/v1/calls', '/v1/push-apps', '/v1/settings']
			const responses = []
			for (let index = 0; index < 2 * BURST; index++)
				responses.push(await send(app, busy.key, 'GET', urls[index % urls.length] ?? ''))
			const refused = responses.filter(({ status }) => status === 429)
			expect(refused.length).toBeGreaterThan(0)
			expect(responses.slice(0, BURST).map(({ status }) => status)).toEqual(Array(BURST).fill(200))
			expect(refused[0]?.body.type).toBe('/problems/too-many-requests')
			expect(Number(refused[0]?.headers['retry-after'])).toBeGreaterThan(0)
			expect((await send(app, quiet.key, 'GET', '/v1/accounts')).status).toBe(200)
			expect((await send(app, ADMIN_TOKEN, 'GET', '/v1/tenants')).status).toBe(200)
			await app.close()
		})

		it('is not what its devices use, of which each has its own', async () => {
			const tenant = await createTenant(api())
			const account = await createAccount(api(), tenant)
			const [wild, other] = [await enrolDevice(api(), tenant, account), await enrolDevice(api(), tenant, account)]
			const statuses = []
			for (let index = 0; index < 100; index++)
				statuses.push((await api().request(wild.token, 'GET', '/v1/devices/me')).status)
			expect(statuses).toContain(429)
			expect((await api().request(other.token, 'GET', '/v1/devices/me')).status).toBe(200)
			expect((await api().request(tenant.key, 'GET', '/v1/accounts')).status).toBe(200)
		})

		it('bounds test pushes to one device', async () => {
			const tenant = await createTenant(api())
			const device = await enrolDevice(api(), tenant, await createAccount(api(), tenant))
			const url = `/v1/devices/${device.id}/test-push`
			const statuses = []
			for (let index = 0; index < 7; index++) statuses.push((await api().request(tenant.key, 'POST', url)).status)
			expect(statuses).toEqual([202, 202, 202, 202, 202, 429, 429])
			expect(api().pushJobs.jobs).toHaveLength(5)
		})
	})

	describe('an account', () => {
		it('has so many devices and no more, until one is removed', async () => {
			const tenant = await createTenant(api())
			const account = await createAccount(api(), tenant)
			const first = await enrolDevice(api(), tenant, account)
			const app = await api().variant({
				tenantDefaults: { limits: { ...DEFAULT_TENANT_LIMITS, devicesPerAccount: 1 } },
			})
			const enrolmentCode = (await api().request(tenant.key, 'POST', `/v1/accounts/${account}/enrolments`, {})).body
				.code
			const enrol = () =>
				send(app, undefined, 'POST', '/v1/devices', { enrolmentCode, platform: 'android', pushTokens: [] })
			const refused = await enrol()
			expect([refused.status, refused.body.detail]).toEqual([409, expect.stringContaining('may have 1')])
			await api().request(tenant.key, 'DELETE', `/v1/devices/${first.id}`)
			expect((await enrol()).status).toBe(201)
			await app.close()
		})
	})

	describe('an overloaded process', () => {
		it('takes on no change but those of devices in calls, and shows what there is', async () => {
			const tenant = await createTenant(api())
			const account = await createAccount(api(), tenant)
			const [talking, idle] = [await enrolDevice(api(), tenant, account), await enrolDevice(api(), tenant, account)]
			let load: LoadLevel = 'overloaded'
			const app = await api().variant({ load: () => load, isInCall: (id) => id === talking.id })
			const handoff = (token: string) =>
				send(app, token, 'POST', '/v1/devices/me/handoff', { state: 'foreground', waitSeconds: 0 })
			const refused = await send(app, tenant.key, 'POST', '/v1/accounts', validAccount())
			expect([refused.status, refused.headers['retry-after']]).toEqual([503, '5'])
			expect(refused.body.type).toBe('/problems/unavailable')
			expect((await send(app, ADMIN_TOKEN, 'POST', '/v1/tenants', { name: 'x' })).status).toBe(503)
			expect((await send(app, undefined, 'POST', '/v1/devices', {})).status).toBe(503)
			expect((await handoff(idle.token)).status).toBe(503)
			expect((await handoff(talking.token)).status).toBeLessThan(300)
			expect((await send(app, tenant.key, 'GET', '/v1/accounts')).status).toBe(200)
			load = 'strained'
			expect((await handoff(idle.token)).status).toBeLessThan(300)
			await app.close()
		})
	})
}
