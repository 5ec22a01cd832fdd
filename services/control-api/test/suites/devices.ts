import type { PushTokenId, TenantId } from '@vigil/domain'
import { describe, expect, it } from 'vitest'
import { createAccount, created, createTenant, enrolDevice, enrolmentCode, violated } from '../builders.ts'
import type { Harness } from '../harness.ts'

export function deviceSuite(api: () => Harness): void {
	const enrolled = async () => {
		const tenant = await createTenant(api())
		const accountId = await createAccount(api(), tenant)
		const device = await enrolDevice(api(), tenant, accountId)
		api().signals.published.length = 0
		return { tenant, accountId, device }
	}

	describe('devices of a tenant', () => {
		it('are shown with lines and shortened tokens, retired ones with the reason', async () => {
			const { tenant, accountId, device } = await enrolled()
			const url = `/v1/devices/${device.id}`
			const shown = (await api().request(tenant.key, 'GET', url)).body
			expect(shown).toMatchObject({ id: device.id, platform: 'ios', lines: [{ accountId }] })
			const [token] = shown.pushTokens
			expect(token).toMatchObject({ app: 'phone', kind: 'voip', retired: false })
			expect(token.token).toMatch(/^.{1,8}\.\.\.$/)

			await api().stores.devices.retirePushToken(
				tenant.id as TenantId,
				token.id as PushTokenId,
				'BadDeviceToken',
				Date.now() + 1000,
			)
			const [retired] = (await api().request(tenant.key, 'GET', url)).body.pushTokens
			expect(retired).toMatchObject({ retired: true, retiredReason: 'BadDeviceToken', retiredAt: expect.any(String) })
		})

		it('are listed page by page', async () => {
			const { tenant, accountId, device } = await enrolled()
			const other = await enrolDevice(api(), tenant, accountId)
			const first = (await api().request(tenant.key, 'GET', '/v1/devices?limit=1')).body
			const second = (await api().request(tenant.key, 'GET', `/v1/devices?limit=1&cursor=${first.nextCursor}`)).body
			expect([first.items[0].id, second.items[0].id]).toEqual([device.id, other.id])
			expect(second.nextCursor).toBeUndefined()
			const bad = await api().request(tenant.key, 'GET', '/v1/devices?cursor=none')
			expect([bad.status, ...violated(bad)]).toEqual([400, 'cursor:format'])
		})

		it('are listed by account, platform and push app', async () => {
			const { tenant, accountId, device } = await enrolled()
			const otherId = await createAccount(api(), tenant)
			const android = created(
				await api().request(undefined, 'POST', '/v1/devices', {
					enrolmentCode: await enrolmentCode(api(), tenant, otherId),
					platform: 'android',
				}),
			).deviceId
			const ids = async (query: string) =>
				(await api().request(tenant.key, 'GET', `/v1/devices?${query}`)).body.items.map(({ id }: { id: string }) => id)
			expect(await ids(`accountId=${accountId}`)).toEqual([device.id])
			expect(await ids('platform=android')).toEqual([android])
			expect(await ids('pushApp=phone')).toEqual([device.id])
			expect(await ids(`accountId=${otherId}&pushApp=phone`)).toEqual([])
			const bad = await api().request(tenant.key, 'GET', '/v1/devices?pushApp=none')
			expect([bad.status, ...violated(bad)]).toEqual([422, 'pushApp:known'])
		})

		it('are removed, and their tokens with them', async () => {
			const { tenant, accountId, device } = await enrolled()
			expect((await api().request(tenant.key, 'DELETE', `/v1/devices/${device.id}`)).status).toBe(204)
			expect((await api().request(device.token, 'GET', '/v1/devices/me')).status).toBe(401)
			expect((await api().request(tenant.key, 'GET', `/v1/devices/${device.id}`)).status).toBe(404)
			expect(api().signals.take('account.changed')).toEqual([{ accountId }])
			expect(api().signals.take('device.changed')).toEqual([{ deviceId: device.id }])
		})

		it('of another tenant do not exist', async () => {
			const { device } = await enrolled()
			const other = await createTenant(api())
			const url = `/v1/devices/${device.id}`
			expect((await api().request(other.key, 'GET', url)).status).toBe(404)
			expect((await api().request(other.key, 'DELETE', url)).status).toBe(404)
			expect((await api().request(other.key, 'POST', `${url}/test-push`)).status).toBe(404)
			expect((await api().request(device.token, 'GET', '/v1/devices/me')).status).toBe(200)
		})
	})

	describe('a test push', () => {
		it('is queued for the tokens that can wake the device', async () => {
			const { tenant, device } = await enrolled()
			const response = await api().request(tenant.key, 'POST', `/v1/devices/${device.id}/test-push`)
			expect(response.status).toBe(202)
			expect(response.body.tokens).toEqual([{ id: expect.any(String), kind: 'voip' }])
			const [job] = api().pushJobs.jobs
			expect(job).toMatchObject({
				intent: 'test',
				pushId: response.body.pushId,
				tenantId: tenant.id,
				deviceId: device.id,
			})
			expect((job?.deadlineMs ?? 0) - (job?.enqueuedAtMs ?? 0)).toBe(30_000)
		})

		it('is a conflict without a live token', async () => {
			const { tenant, device } = await enrolled()
			await api().request(device.token, 'PATCH', '/v1/devices/me', { pushTokens: [] })
			expect((await api().request(tenant.key, 'POST', `/v1/devices/${device.id}/test-push`)).status).toBe(409)
		})

		it('is unavailable while the queue is', async () => {
			const { tenant, device } = await enrolled()
			api().pushJobs.failure = Object.assign(new Error('redis at 10.0.0.1'), { name: 'QueueUnavailableError' })
			const response = await api().request(tenant.key, 'POST', `/v1/devices/${device.id}/test-push`)
			expect(response.status).toBe(503)
			expect(response.text).not.toContain('10.0.0.1')
		})
	})

	describe('a device about itself', () => {
		it('reads and renames itself without disturbing its lines', async () => {
			const { device } = await enrolled()
			const named = await api().request(device.token, 'PATCH', '/v1/devices/me', { name: 'Kitchen' })
			expect([named.status, named.body.name]).toEqual([200, 'Kitchen'])
			expect((await api().request(device.token, 'GET', '/v1/devices/me')).body).toEqual(named.body)
			expect(api().signals.published).toEqual([])
		})

		it('replaces its push tokens, which its lines are told of', async () => {
			const { device, accountId } = await enrolled()
			const pushTokens = [{ app: 'phone', kind: 'alert', token: 'fedcba9876543210' }]
			const response = await api().request(device.token, 'PATCH', '/v1/devices/me', { pushTokens })
			expect(response.body.pushTokens).toMatchObject([{ kind: 'alert', token: 'fedc...' }])
			expect(api().signals.take('account.changed')).toEqual([{ accountId }])
			const bad = await api().request(device.token, 'PATCH', '/v1/devices/me', {
				pushTokens: [{ app: 'none', kind: 'voip', token: 'x' }],
			})
			expect([bad.status, ...violated(bad)]).toEqual([422, 'pushTokens.0.app:known'])
		})

		it('takes a push token from an earlier install, whose accounts are told', async () => {
			const { tenant, device, accountId } = await enrolled()
			const otherId = await createAccount(api(), tenant)
			const other = await enrolDevice(api(), tenant, otherId)
			const pushTokens = [{ app: 'phone', kind: 'voip', token: 'fedcba9876543210' }]
			await api().request(device.token, 'PATCH', '/v1/devices/me', { pushTokens })
			api().signals.published.length = 0
			// The same token: APNs writes it in hex digits.
			const again = [{ app: 'phone', kind: 'voip', token: 'FEDCBA9876543210' }]
			const response = await api().request(other.token, 'PATCH', '/v1/devices/me', { pushTokens: again })
			expect(response.body.pushTokens).toMatchObject([{ retired: false }])
			expect(api().signals.take('account.changed')).toEqual([{ accountId: otherId }, { accountId }])
			expect(api().signals.take('device.changed')).toEqual([{ deviceId: other.id }, { deviceId: device.id }])
			const { body } = await api().request(tenant.key, 'GET', `/v1/devices/${device.id}`)
			expect(body.pushTokens).toMatchObject([{ retired: true, retiredReason: 'handed in by another install' }])
		})

		it('shows its tenant a token that is kept though the provider refuses it', async () => {
			const { tenant, device } = await enrolled()
			const url = `/v1/devices/${device.id}`
			const [token] = (await api().request(tenant.key, 'GET', url)).body.pushTokens
			await api().stores.devices.notePushRefused(tenant.id as TenantId, token.id as PushTokenId, 'BadDeviceToken')
			const [refused] = (await api().request(tenant.key, 'GET', url)).body.pushTokens
			expect(refused).toMatchObject({ retired: false, refusedReason: 'BadDeviceToken', refusedAt: expect.any(String) })
		})

		it('removes itself', async () => {
			const { tenant, device, accountId } = await enrolled()
			expect((await api().request(device.token, 'DELETE', '/v1/devices/me')).status).toBe(204)
			expect((await api().request(device.token, 'GET', '/v1/devices/me')).status).toBe(401)
			expect((await api().request(tenant.key, 'GET', '/v1/devices')).body.items).toEqual([])
			expect(api().signals.take('account.changed')).toEqual([{ accountId }])
		})
	})
}
