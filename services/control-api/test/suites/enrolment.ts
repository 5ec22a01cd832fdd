import type { AccountId, DeviceId, TenantId } from '@vigil/domain'
import { realClock } from '@vigil/runtime'
import { describe, expect, it } from 'vitest'
import { enrolmentCodeDigest } from '../../src/auth/tokens.ts'
import {
	createAccount,
	created,
	createTenant,
	enrolDevice,
	enrolmentCode,
	ensurePushApp,
	type TestTenant,
	violated,
} from '../builders.ts'
import { type Harness, send } from '../harness.ts'

const VOIP = { app: 'phone', kind: 'voip', token: '0123456789abcdef' }

export function enrolmentSuite(api: () => Harness): void {
	const enrol = (body: object) => api().request(undefined, 'POST', '/v1/devices', { platform: 'ios', ...body })
	const tenantWithAccount = async (): Promise<TestTenant & { accountId: string }> => {
		const tenant = await createTenant(api())
		return { ...tenant, accountId: await createAccount(api(), tenant, { displayName: 'Alice' }) }
	}

	describe('enrolment codes', () => {
		it('say how long they are valid, a quarter of an hour unless asked otherwise', async () => {
			const { key, accountId } = await tenantWithAccount()
			const url = `/v1/accounts/${accountId}/enrolments`
			for (const [body, seconds] of [
				[undefined, 900],
				[{}, 900],
				[{ validSeconds: 60 }, 60],
			] as const) {
				const beforeMs = realClock.now()
				const { code, expiresAt } = created(await api().request(key, 'POST', url, body))
				expect(code).toMatch(/^[0-9A-HJKMNP-TV-Z]{4}(-[0-9A-HJKMNP-TV-Z]{4}){3}$/)
				expect(Date.parse(expiresAt) - beforeMs).toBeGreaterThanOrEqual(seconds * 1000 - 1)
				expect(Date.parse(expiresAt) - realClock.now()).toBeLessThanOrEqual(seconds * 1000)
			}
			const response = await api().request(key, 'POST', url, { validSeconds: 1 })
			expect([response.status, ...violated(response)]).toEqual([422, 'validSeconds:minimum'])
		})

		it('are not made for a disabled account', async () => {
			const { key, accountId } = await tenantWithAccount()
			await api().request(key, 'PATCH', `/v1/accounts/${accountId}`, { disabled: true })
			const response = await api().request(key, 'POST', `/v1/accounts/${accountId}/enrolments`)
			expect([response.status, response.body.detail]).toEqual([409, 'The account is disabled.'])
		})
	})

	describe('enrolment of a device', () => {
		it('gives token, SIP settings and lines, and keeps only what it must', async () => {
			const tenant = await tenantWithAccount()
			await ensurePushApp(api(), tenant)
			api().signals.published.length = 0
			const response = await enrol({
				enrolmentCode: await enrolmentCode(api(), tenant, tenant.accountId),
				name: 'Alice’s phone',
				pushTokens: [VOIP],
			})
			const device = created(response)
			expect(device).toEqual({
				deviceId: expect.any(String),
				deviceToken: expect.stringMatching(/^vgl_dev_[A-Za-z0-9_-]{43}$/),
				instanceId: expect.stringMatching(/^urn:uuid:[0-9a-f-]{36}$/),
				sip: {
					username: device.deviceId,
					password: expect.stringMatching(/^[A-Za-z0-9_-]{43}$/),
					realm: 'edge.test',
					domain: 'edge.test',
					urls: { ws: 'ws://edge.test:5066' },
				},
				lines: [{ accountId: tenant.accountId, aor: expect.stringMatching(/^sip:/), displayName: 'Alice' }],
			})
			expect(response.headers['cache-control']).toBe('no-store')
			const credential = await api().stores.devices.openSipCredential(device.deviceId as DeviceId)
			expect(credential?.secret.reveal()).toBe(device.sip.password)
			expect(api().signals.take('account.changed')).toEqual([{ accountId: tenant.accountId }])
			expect(api().signals.take('device.changed')).toEqual([{ deviceId: device.deviceId }])
		})

		it('takes the push token of an earlier install, whose account is told', async () => {
			const tenant = await tenantWithAccount()
			await ensurePushApp(api(), tenant)
			const before = await createAccount(api(), tenant)
			const enrolWith = async (accountId: string) =>
				created(await enrol({ enrolmentCode: await enrolmentCode(api(), tenant, accountId), pushTokens: [VOIP] }))
			const earlier = await enrolWith(before)
			api().signals.published.length = 0
			const later = await enrolWith(tenant.accountId)
			expect(api().signals.take('account.changed')).toEqual([{ accountId: tenant.accountId }, { accountId: before }])
			expect(api().signals.take('device.changed')).toEqual([
				{ deviceId: later.deviceId },
				{ deviceId: earlier.deviceId },
			])
			expect((await api().request(earlier.deviceToken, 'GET', '/v1/devices/me')).body.pushTokens).toMatchObject([
				{ retired: true },
			])
		})

		it('takes a code once, however it was typed', async () => {
			const tenant = await tenantWithAccount()
			const code = await enrolmentCode(api(), tenant, tenant.accountId)
			const typed = ` ${code.toLowerCase().replaceAll('-', ' ').replaceAll('0', 'o').replaceAll('1', 'l')}`
			expect((await enrol({ enrolmentCode: typed })).status).toBe(201)
			const again = await enrol({ enrolmentCode: code })
			expect([again.status, ...violated(again)]).toEqual([401, 'enrolmentCode:valid'])
		})

		it('refuses unknown and expired codes', async () => {
			const tenant = await tenantWithAccount()
			expect((await enrol({ enrolmentCode: 'AAAA-BBBB-CCCC-DDDD' })).status).toBe(401)
			await api().stores.devices.createEnrolment({
				tenantId: tenant.id as TenantId,
				accountId: tenant.accountId as AccountId,
				codeDigest: enrolmentCodeDigest('EEEE'),
				expiresAtMs: Date.now() - 1,
			})
			expect((await enrol({ enrolmentCode: 'EEEE' })).status).toBe(401)
		})

		it('names every push token that does not fit, and leaves the code usable', async () => {
			const tenant = await tenantWithAccount()
			await ensurePushApp(api(), tenant)
			const code = await enrolmentCode(api(), tenant, tenant.accountId)
			const pushTokens = [VOIP, { ...VOIP, app: 'other' }, { ...VOIP, kind: 'fcm' }]
			const response = await enrol({ enrolmentCode: code, pushTokens })
			expect([response.status, ...violated(response)]).toEqual([
				422,
				'pushTokens.1.app:known',
				'pushTokens.2.kind:provider',
			])
			expect((await enrol({ enrolmentCode: code, pushTokens: [VOIP] })).status).toBe(201)
		})

		it.each([
			[{ enrolmentCode: undefined }, 'enrolmentCode:required'],
			[{ platform: 'fridge' }, 'platform:one_of'],
			[{ instanceId: 'urn:uuid:1' }, 'instanceId:format'],
			[{ pushTokens: [{ ...VOIP, token: 'a b' }] }, 'pushTokens.0.token:format'],
			[{ pushTokens: Array(9).fill(VOIP) }, 'pushTokens:maximum'],
			[{ name: '' }, 'name:minimum'],
			[{ admin: true }, 'admin:unknown'],
		])('is refused with %j', async (change, rule) => {
			const response = await enrol({ enrolmentCode: 'AAAA', ...change })
			expect([response.status, ...violated(response)]).toEqual([422, rule])
		})

		it('is refused while the account is disabled', async () => {
			const tenant = await tenantWithAccount()
			const code = await enrolmentCode(api(), tenant, tenant.accountId)
			const disable = (disabled: boolean) =>
				api().request(tenant.key, 'PATCH', `/v1/accounts/${tenant.accountId}`, { disabled })
			await disable(true)
			expect((await enrol({ enrolmentCode: code })).status).toBe(409)
			await disable(false)
			expect((await enrol({ enrolmentCode: code })).status).toBe(201)
		})

		it('is bounded per source address', async () => {
			const app = await api().variant({ limits: { unauthenticatedPerMinute: 3 } })
			const statuses: number[] = []
			for (let attempt = 0; attempt < 4; attempt += 1) {
				const response = await send(app, undefined, 'POST', '/v1/devices', { enrolmentCode: 'A', platform: 'ios' })
				statuses.push(response.status)
				if (response.status !== 429) continue
				expect(response.headers['content-type']).toContain('application/problem+json')
				expect(Number(response.headers['retry-after'])).toBeGreaterThan(0)
			}
			expect(statuses).toEqual([401, 401, 401, 429])
			await app.close()
		})
	})

	describe('a further line', () => {
		it('is added with a code of the same tenant', async () => {
			const tenant = await tenantWithAccount()
			const device = await enrolDevice(api(), tenant, tenant.accountId)
			const second = await createAccount(api(), tenant)
			const body = { enrolmentCode: await enrolmentCode(api(), tenant, second) }
			api().signals.published.length = 0
			const response = await api().request(device.token, 'POST', '/v1/devices/me/lines', body)
			expect(response.status).toBe(200)
			expect(response.body.lines.map((line: { accountId: string }) => line.accountId)).toEqual([
				tenant.accountId,
				second,
			])
			expect(api().signals.take('account.changed')).toEqual([{ accountId: second }])
			expect((await api().request(device.token, 'POST', '/v1/devices/me/lines', body)).status).toBe(401)
		})

		it('is not added with a code of another tenant', async () => {
			const [one, two] = [await tenantWithAccount(), await tenantWithAccount()]
			const device = await enrolDevice(api(), one, one.accountId)
			const code = await enrolmentCode(api(), two, two.accountId)
			const response = await api().request(device.token, 'POST', '/v1/devices/me/lines', { enrolmentCode: code })
			expect(response.status).toBe(401)
			expect((await enrol({ enrolmentCode: code })).status).toBe(201)
		})
	})
}
