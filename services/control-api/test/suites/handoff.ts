import type { AccountId, CallId, TenantId } from '@vigil/domain'
import { describe, expect, it } from 'vitest'
import { createAccount, createTenant, enrolDevice, unique, violated } from '../builders.ts'
import { type Harness, send } from '../harness.ts'

export function handoffSuite(api: () => Harness): void {
	const enrolled = async (attributes: object = {}) => {
		const tenant = await createTenant(api())
		const accountId = await createAccount(api(), tenant, { attributes })
		const device = await enrolDevice(api(), tenant, accountId)
		api().signals.published.length = 0
		return { tenant, accountId, device }
	}
	const handoff = (token: string, body: object) => api().request(token, 'POST', '/v1/devices/me/handoff', body)

	describe('handoff in mode 0', () => {
		it.each(['background', 'terminated'])('to %s answers after the registrar has', async (state) => {
			const { accountId, device } = await enrolled()
			const response = await handoff(device.token, { state })
			expect(response.status).toBe(200)
			expect(response.body).toEqual({
				state,
				lines: [
					{
						accountId,
						aor: expect.stringMatching(/^sip:alice/),
						holder: 'service',
						registration: {
							state: 'registered',
							since: '2023-11-14T22:13:20.000Z',
							grantedExpiresSeconds: 600,
							target: 'udp:192.0.2.1:5060',
							holding: 'away',
						},
						next: 'unregister',
					},
				],
				missedCalls: [],
				pendingCalls: [],
			})
			expect(api().signals.take('account.changed')).toEqual([{ accountId }])
			const me = (await api().request(device.token, 'GET', '/v1/devices/me')).body
			expect([me.activity, me.registeredUpstream]).toEqual([state, false])
		})

		it('gives the reason of a refusal, and lets the device keep its own binding', async () => {
			const { device } = await enrolled()
			api().owner.refusal = { state: 'rejected', reason: 'the registrar refuses the password', sipStatus: 403 }
			const response = await handoff(device.token, { state: 'background', registered: true })
			expect(response.status).toBe(200)
			expect(response.body.lines[0]).toMatchObject({
				holder: 'device',
				next: 'none',
				registration: { state: 'rejected', reason: 'the registrar refuses the password', sipStatus: 403 },
			})
			api().owner.refusal = { state: 'failing', reason: 'no answer from the SIP server' }
			const gone = await handoff(device.token, { state: 'background', unregistered: true })
			expect(gone.body.lines[0]).toMatchObject({ holder: 'none', next: 'none', registration: { state: 'failing' } })
		})

		it('answers 202 when the upstream server is slower than the device will wait', async () => {
			const { device } = await enrolled()
			api().owner.silent = true
			const response = await handoff(device.token, { state: 'background', waitSeconds: 0 })
			expect(response.status).toBe(202)
			expect(response.body.lines[0]).toMatchObject({ next: 'none' })
		})

		it('answers although no signal can be sent', async () => {
			const { device } = await enrolled()
			api().signals.failure = new Error('the queue is down')
			expect((await handoff(device.token, { state: 'background', waitSeconds: 0 })).status).toBe(202)
		})

		it('back to the foreground lets the device register first, then takes our contact away', async () => {
			const { device } = await enrolled()
			await handoff(device.token, { state: 'background' })
			const back = await handoff(device.token, { state: 'foreground' })
			expect(back.status).toBe(200)
			expect(back.body.lines[0]).toMatchObject({
				holder: 'service',
				next: 'register',
				registration: { state: 'registered' },
			})
			const done = await handoff(device.token, { state: 'foreground', registered: true, leaseSeconds: 60 })
			expect(done.status).toBe(200)
			expect(done.body.lines[0]).toMatchObject({
				holder: 'device',
				next: 'none',
				registration: { state: 'unregistered' },
			})
		})

		it('keeps holding for another device that sleeps', async () => {
			const { tenant, accountId, device } = await enrolled()
			const other = await enrolDevice(api(), tenant, accountId)
			await handoff(other.token, { state: 'background' })
			const response = await handoff(device.token, { state: 'foreground', registered: true })
			expect(response.status).toBe(200)
			expect(response.body.lines[0]).toMatchObject({
				holder: 'both',
				next: 'none',
				registration: { state: 'registered' },
			})
		})

		it('says why nothing is held', async () => {
			const off = await enrolled({ pushEnabled: false })
			expect((await handoff(off.device.token, { state: 'background' })).body.lines[0]).toMatchObject({
				holder: 'none',
				next: 'none',
				registration: { state: 'unregistered', reason: 'push is turned off for the account' },
			})
			const mute = await enrolled()
			await api().request(mute.device.token, 'PATCH', '/v1/devices/me', { pushTokens: [] })
			expect((await handoff(mute.device.token, { state: 'background' })).body.lines[0].registration.reason).toBe(
				'no device of the account has a live push token',
			)
		})

		it('treats the lines of a device each by itself', async () => {
			const { tenant, accountId, device } = await enrolled()
			const second = await createAccount(api(), tenant)
			await api().stores.devices.addLine(tenant.id as TenantId, device.id as never, second as AccountId)
			await api().request(tenant.key, 'PATCH', `/v1/accounts/${second}`, { disabled: true })
			const { status, body } = await handoff(device.token, { state: 'background' })
			expect(status).toBe(200)
			const [first, other] = body.lines
			expect([first.accountId, first.holder, first.next]).toEqual([accountId, 'service', 'unregister'])
			expect([other.accountId, other.holder, other.next]).toEqual([second, 'none', 'none'])
			expect(other.registration.reason).toBe('the account is disabled')
		})
	})

	describe('handoff is refused', () => {
		it('without lines, and when every account is disabled', async () => {
			const { tenant, accountId, device } = await enrolled()
			await api().request(tenant.key, 'PATCH', `/v1/accounts/${accountId}`, { disabled: true })
			const disabled = await handoff(device.token, { state: 'background' })
			expect([disabled.status, disabled.body.detail]).toEqual([409, 'The account of every line is disabled.'])
			await api().request(tenant.key, 'DELETE', `/v1/accounts/${accountId}`)
			const lineless = await handoff(device.token, { state: 'background' })
			expect([lineless.status, lineless.body.detail]).toEqual([
				409,
				'The device has no line: add one with an enrolment code.',
			])
		})

		it('to a device that was removed, with the reason', async () => {
			for (const remove of ['by its tenant', 'by itself']) {
				const { tenant, device } = await enrolled()
				const [token, url] =
					remove === 'by itself' ? [device.token, '/v1/devices/me'] : [tenant.key, `/v1/devices/${device.id}`]
				expect((await api().request(token, 'DELETE', url)).status).toBe(204)
				const response = await handoff(device.token, { state: 'background' })
				expect([remove, response.status]).toEqual([remove, 409])
				expect(response.body.detail).toMatch(/^The device was removed at \d{4}-.*: enrol it anew\.$/)
				expect((await api().request(device.token, 'GET', '/v1/devices/me')).status).toBe(401)
			}
		})

		it('to a device that is removed at the same moment', async () => {
			const { device } = await enrolled()
			const { stores } = api()
			const setActivity = async () => undefined
			const app = await api().variant({ stores: { ...stores, devices: { ...stores.devices, setActivity } } })
			const response = await send(app, device.token, 'POST', '/v1/devices/me/handoff', { state: 'background' })
			expect([response.status, response.body.detail]).toEqual([409, 'The device was removed: enrol it anew.'])
			await app.close()
		})

		it.each([
			[{}, 'state:one_of'],
			[{ state: 'asleep' }, 'state:one_of'],
			[{ state: 'background', waitSeconds: 31 }, 'waitSeconds:maximum'],
			[{ state: 'background', leaseSeconds: 60 }, 'leaseSeconds:rule'],
			[{ state: 'foreground', leaseSeconds: 1 }, 'leaseSeconds:minimum'],
			[{ state: 'background', sequence: -1 }, 'sequence:minimum'],
			[{ state: 'background', sequence: 0.5 }, 'sequence:type'],
			[{ state: 'foreground', registered: true, unregistered: true }, 'unregistered:rule'],
			[{ state: 'foreground', registered: 'yes' }, 'registered:type'],
		])('with %j', async (body, rule) => {
			const { device } = await enrolled()
			const response = await handoff(device.token, body)
			expect([response.status, ...violated(response)]).toEqual([422, rule])
		})

		it('to those who are no device', async () => {
			const { tenant } = await enrolled()
			expect((await handoff(tenant.key, { state: 'background' })).status).toBe(401)
			expect((await handoff('vgl_dev_gone', { state: 'background' })).status).toBe(401)
		})
	})

	describe('the answer to a handoff', () => {
		it('tells of missed calls once, and of those that wait', async () => {
			const { tenant, accountId, device } = await enrolled()
			const call = (overrides: object) => ({
				id: unique('call') as CallId,
				tenantId: tenant.id as TenantId,
				accountId: accountId as AccountId,
				sipCallId: unique('sip'),
				fromUri: 'sip:bob@example.org',
				fromDisplayName: 'Bob',
				direction: 'incoming' as const,
				toUri: 'sip:alice@example.org',
				startedAtMs: Date.now() - 1000,
				...overrides,
			})
			const { calls } = api().stores
			const [missed, waiting, ancient] = [call({}), call({}), call({ startedAtMs: Date.now() - 600_000 })]
			for (const one of [missed, waiting, ancient]) await calls.begin(one)
			await calls.end(missed.tenantId, missed.id, { endedAtMs: Date.now(), outcome: 'missed', finalStatus: 480 })

			const from = { uri: 'sip:bob@example.org', displayName: 'Bob' }
			const first = (await handoff(device.token, { state: 'foreground' })).body
			expect(first.missedCalls).toEqual([{ callId: missed.id, accountId, from, at: expect.any(String) }])
			expect(first.pendingCalls).toEqual([{ callId: waiting.id, accountId, sipCallId: waiting.sipCallId, from }])
			expect((await handoff(device.token, { state: 'foreground' })).body.missedCalls).toEqual([])
		})
	})
}
