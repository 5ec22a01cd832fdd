import { type AccountId, DEFAULT_TENANT_LIMITS, type TenantId } from '@vigil/domain'
import { describe, expect, it } from 'vitest'
import { createAccount, createTenant, enrolDevice, type TestTenant, validAccount, violated } from '../builders.ts'
import { ADMIN_TOKEN, type Harness } from '../harness.ts'

export function limitSuite(api: () => Harness): void {
	const setTenant = ({ id }: TestTenant, limits: unknown) =>
		api().request(ADMIN_TOKEN, 'PATCH', `/v1/tenants/${id}/settings`, { limits })
	const setAccount = ({ key }: TestTenant, accountId: string, limits: unknown) =>
		api().request(key, 'PATCH', `/v1/accounts/${accountId}`, { limits })
	const limitsOf = async ({ key }: TestTenant, accountId: string) =>
		(await api().request(key, 'GET', `/v1/accounts/${accountId}`)).body.limits

	describe('refused calls', () => {
		it('are shown by limit, of the account to its tenant, of all of them to the administrator', async () => {
			const tenant = await createTenant(api())
			const [one, two] = [await createAccount(api(), tenant), await createAccount(api(), tenant)]
			const row = (accountId: string, kind: 'held-calls' | 'call-rate', count: number, atMs: number) => ({
				...{
					accountId: accountId as AccountId,
					tenantId: tenant.id as TenantId,
					scope: 'account' as const,
					kind,
					count,
				},
				...{ firstAtMs: atMs, lastAtMs: atMs },
			})
			const { refusals } = api().stores
			await refusals.add([
				row(one, 'held-calls', 3, 1000),
				row(two, 'held-calls', 5, 3000),
				row('gone', 'call-rate', 1, 1),
			])
			await refusals.add([row(one, 'held-calls', 4, 2000), row(one, 'call-rate', 1, 1500)])
			const shown = (await api().request(tenant.key, 'GET', `/v1/accounts/${one}`)).body.refusedCalls
			const [first, second] = ['1970-01-01T00:00:01.000Z', '1970-01-01T00:00:02.000Z']
			expect(shown[0]).toEqual({ scope: 'account', limit: 'held-calls', count: 7, firstAt: first, lastAt: second })
			expect(shown.map(({ limit }: { limit: string }) => limit)).toEqual(['held-calls', 'call-rate'])
			const all = (await api().request(ADMIN_TOKEN, 'GET', `/v1/tenants/${tenant.id}`)).body.refusedCalls
			expect(all.map(({ limit, count }: { limit: string; count: number }) => [limit, count])).toEqual([
				['held-calls', 12],
				['call-rate', 1],
			])
		})
	})

	describe('limits of a tenant', () => {
		it('are set by the administrator alone, one by one, and its workers are told', async () => {
			const tenant = await createTenant(api())
			const shown = async () => (await api().request(tenant.key, 'GET', '/v1/settings')).body.limits
			expect(await shown()).toEqual(DEFAULT_TENANT_LIMITS)
			const own = await api().request(tenant.key, 'PATCH', '/v1/settings', { limits: { heldCalls: 5 } })
			expect([own.status, ...violated(own)]).toEqual([422, 'limits:unknown'])
			api().signals.take('tenant.changed')
			expect((await setTenant(tenant, { heldCalls: 5, outgoingCalls: 6 })).status).toBe(200)
			expect(api().signals.take('tenant.changed')).toEqual([{ tenantId: tenant.id }])
			await setTenant(tenant, { callsPerSecond: 250, outgoingCalls: null })
			expect(await shown()).toEqual({ ...DEFAULT_TENANT_LIMITS, heldCalls: 5, callsPerSecond: 250 })
			await setTenant(tenant, null)
			expect(await shown()).toEqual(DEFAULT_TENANT_LIMITS)
		})

		it.each([
			[{ heldCalls: 0 }, 'limits.heldCalls:minimum'],
			[{ callsPerSecond: 1.5 }, 'limits.callsPerSecond:type'],
			[{ pushesPerSecond: '7' }, 'limits.pushesPerSecond:type'],
			[{ outgoingCalls: 1_000_001 }, 'limits.outgoingCalls:maximum'],
			[{ devices: 3 }, 'limits.devices:unknown'],
			[7, 'limits:type'],
		])('are refused with %j', async (limits, rule) => {
			const response = await setTenant(await createTenant(api()), limits)
			expect([response.status, ...violated(response)]).toEqual([422, rule])
		})
	})

	describe('limits of an account', () => {
		it('are set by its tenant, one by one, and its worker is told', async () => {
			const tenant = await createTenant(api())
			const created = await api().request(tenant.key, 'POST', '/v1/accounts', {
				...validAccount(),
				limits: { heldCalls: 40 },
			})
			expect([created.status, created.body.limits]).toEqual([201, { heldCalls: 40 }])
			const { id } = created.body
			api().signals.take('account.changed')
			await setAccount(tenant, id, { devices: 2, heldCalls: null })
			expect(api().signals.take('account.changed')).toEqual([{ accountId: id }])
			expect(await limitsOf(tenant, id)).toEqual({ devices: 2 })
			await setAccount(tenant, id, null)
			expect(await limitsOf(tenant, id)).toBeUndefined()
			expect(await limitsOf(tenant, await createAccount(api(), tenant))).toBeUndefined()
		})

		it('are never above its tenant’s, when it is made and when it is changed', async () => {
			const tenant = await createTenant(api())
			await setTenant(tenant, { heldCalls: 5, devicesPerAccount: 2 })
			const limits = { heldCalls: 6, callsPerSecond: 100, pushesPerSecond: 201, devices: 3 }
			const rules = ['limits.heldCalls:maximum', 'limits.pushesPerSecond:maximum', 'limits.devices:maximum']
			const created = await api().request(tenant.key, 'POST', '/v1/accounts', { ...validAccount(), limits })
			expect([created.status, ...violated(created).toSorted()]).toEqual([422, ...rules.toSorted()])
			expect(created.body.errors[0].message).toContain('5')
			const account = await createAccount(api(), tenant)
			const changed = await setAccount(tenant, account, limits)
			expect([changed.status, ...violated(changed).toSorted()]).toEqual([422, ...rules.toSorted()])
			expect(changed.headers['content-type']).toContain('application/problem+json')
			expect(await limitsOf(tenant, account)).toBeUndefined()
			expect((await setAccount(tenant, account, { heldCalls: 5, devices: 2 })).status).toBe(200)
		})

		it.each([
			[{ devices: 0 }, 'limits.devices:minimum'],
			[{ devicesPerAccount: 3 }, 'limits.devicesPerAccount:unknown'],
			[{ heldCalls: 'many' }, 'limits.heldCalls:type'],
		])('are refused with %j', async (limits, rule) => {
			const tenant = await createTenant(api())
			const response = await setAccount(tenant, await createAccount(api(), tenant), limits)
			expect([response.status, ...violated(response)]).toEqual([422, rule])
		})

		it('bound its devices: by its own, by its tenant’s, and by what the tenant has been given since', async () => {
			const tenant = await createTenant(api())
			const account = await createAccount(api(), tenant)
			const enrol = async () => {
				const code = await api().request(tenant.key, 'POST', `/v1/accounts/${account}/enrolments`, {})
				const body = { enrolmentCode: code.body.code, platform: 'android', pushTokens: [] }
				return (await api().request(undefined, 'POST', '/v1/devices', body)).status
			}
			await enrolDevice(api(), tenant, account)
			await setAccount(tenant, account, { devices: 2 })
			expect([await enrol(), await enrol()]).toEqual([201, 409])
			await setTenant(tenant, { devicesPerAccount: 2 })
			await setAccount(tenant, account, null)
			expect(await enrol()).toBe(409)
			await setTenant(tenant, { devicesPerAccount: 3 })
			expect([await enrol(), await enrol()]).toEqual([201, 409])
		})
	})
}
