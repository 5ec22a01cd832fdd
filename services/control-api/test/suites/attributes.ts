import type { AccountId } from '@vigil/domain'
import { describe, expect, it } from 'vitest'
import { createAccount, createTenant, enrolDevice, type TestTenant, validAccount, violated } from '../builders.ts'
import type { Harness } from '../harness.ts'

export function attributeSuite(api: () => Harness): void {
	const put = (tenant: TestTenant, id: string, body: unknown) =>
		api().request(tenant.key, 'PUT', `/v1/accounts/${id}/attributes`, body)
	const account = async (body: object = {}) => {
		const tenant = await createTenant(api())
		const id = await createAccount(api(), tenant, body)
		api().signals.published.length = 0
		return { tenant, id, put: (attributes: unknown) => put(tenant, id, attributes) }
	}

	describe('push attributes', () => {
		it('are taken in the spellings of provisioning systems, take effect at once, and can be read', async () => {
			const { tenant, id, put } = await account()
			const response = await put({
				'bria.push.enabled': 'true',
				'account1Sip.briaPush.RegistrationMode': '0',
				'ACCOUNT1SIP.BRIAPUSH.NATEMULATION': 1,
				'account1Sip.briaPush.RegistrationRefresh': '120',
				'account1.bria.push.AutoSend180': 'TRUE',
				'account1.briaPush.OutboundProxy': 'sbc.example.org:5080',
				'account1.credentials.domain': 'pbx.example.org:5070',
				'account1.credentials.password': ' known to who moves it ',
				'account1.displayName': 'Alice',
				colour: null,
			})
			expect(response.status).toBe(200)
			expect(response.body).toEqual({
				accountId: id,
				version: 2,
				domain: 'pbx.example.org:5070',
				attributes: {
					pushEnabled: true,
					registrationMode: 0,
					natEmulation: true,
					registrationRefreshSeconds: 120,
					autoSend180: true,
					outboundProxy: 'sbc.example.org:5080',
				},
				unknown: ['account1.displayName', 'colour'],
			})
			expect(api().signals.take('account.changed')).toEqual([{ accountId: id }])
			expect(response.text).not.toContain('known to who moves it')
			const credential = await api().stores.accounts.openCredential(id as AccountId)
			expect(credential?.password?.reveal()).toBe(' known to who moves it ')
			const { unknown, ...shown } = response.body
			expect(unknown).toHaveLength(2)
			expect((await api().request(tenant.key, 'GET', `/v1/accounts/${id}/attributes`)).body).toEqual(shown)
			const whole = (await api().request(tenant.key, 'GET', `/v1/accounts/${id}`)).body
			expect([whole.attributes, whole.domain, whole.aor]).toEqual([
				shown.attributes,
				'pbx.example.org:5070',
				expect.stringMatching(/@pbx\.example\.org:5070$/),
			])
		})

		it('that are left out stay; an empty proxy goes', async () => {
			const { put } = await account({ attributes: { outboundProxy: 'a', natEmulation: true } })
			expect((await put({ AutoSend180: 1 })).body.attributes).toMatchObject({ natEmulation: true, outboundProxy: 'a' })
			const { attributes } = (
				await put({ 'account2.briaPush.OutboundProxy': '', 'account2.credentials.password': 'again' })
			).body
			expect(attributes).toMatchObject({ natEmulation: true, autoSend180: true })
			expect(attributes.outboundProxy).toBeUndefined()
		})

		it('that are all unknown change nothing', async () => {
			const { put } = await account()
			const response = await put({ 'account1.codecs': 'opus' })
			expect([response.status, response.body.version, response.body.unknown]).toEqual([200, 1, ['account1.codecs']])
			expect(api().signals.take('account.changed')).toEqual([])
			expect((await put({})).body.unknown).toEqual([])
		})

		it.each([
			[{ 'account1Sip.briaPush.RegistrationMode': 4 }, 'one_of'],
			[{ 'account1Sip.briaPush.RegistrationMode': '4' }, 'one_of'],
			[{ 'account1Sip.briaPush.RegistrationRefresh': -600 }, 'minimum'],
			[{ 'account1Sip.briaPush.RegistrationRefresh': '29' }, 'minimum'],
			[{ 'account1Sip.briaPush.RegistrationRefresh': 'soon' }, 'integer'],
			[{ 'account1.briaPush.OutboundProxy': 'no host' }, 'host'],
			[{ 'account1.credentials.domain': 'pbx:0' }, 'host'],
			[{ 'account1.briaPush.enabled': 'perhaps' }, 'switch'],
		])('are refused with %j, named as they were spelled', async (attributes, rule) => {
			const { tenant, id, put } = await account()
			const response = await put({ ...attributes, AutoSend180: true })
			const [name] = Object.keys(attributes)
			expect([response.status, ...violated(response)]).toEqual([422, `${name}:${rule}`])
			expect(response.body.detail).toContain(`${name} must be`)
			const shown = (await api().request(tenant.key, 'GET', `/v1/accounts/${id}/attributes`)).body
			expect([shown.version, shown.attributes.autoSend180]).toEqual([1, false])
		})

		it.each([0, 1, 2, 3])('take mode %i, as text too', async (mode) => {
			const { put } = await account()
			const response = await put({ 'account1Sip.briaPush.RegistrationMode': String(mode) })
			expect([response.status, response.body.attributes.registrationMode]).toEqual([200, mode])
		})

		it('refuse a refresh that the SIP server is known not to accept, in each spelling', async () => {
			const { tenant, id, put } = await account()
			expect((await put({ RegistrationRefresh: 60 })).status).toBe(200)
			api().owner.minExpiresSeconds = 120
			await api().signals.publish('account.changed', { accountId: id })
			const response = await put({ 'account1Sip.briaPush.RegistrationRefresh': '90' })
			const name = 'account1Sip.briaPush.RegistrationRefresh'
			expect([response.status, ...violated(response)]).toEqual([422, `${name}:server_minimum`])
			expect(response.body.detail).toBe(
				`${name} must be at least 120 seconds: the SIP server accepts no shorter registration`,
			)
			const attributes = { registrationRefreshSeconds: 119 }
			const patched = await api().request(tenant.key, 'PATCH', `/v1/accounts/${id}`, { attributes })
			expect([patched.status, ...violated(patched)]).toEqual([
				422,
				'attributes.registrationRefreshSeconds:server_minimum',
			])
			expect((await put({ RegistrationRefresh: 120 })).status).toBe(200)
			// Another server may accept what this one does not.
			expect(
				(await put({ RegistrationRefresh: 60, OutboundProxy: 'sbc.example.org', 'credentials.password': 'p' })).status,
			).toBe(200)
		})

		it('that contradict each other are refused, both named', async () => {
			const { put } = await account()
			const response = await put({ 'bria.push.enabled': true, 'account1.briaPush.enabled': '0' })
			expect(response.status).toBe(422)
			expect(violated(response)).toEqual(['bria.push.enabled:conflict', 'account1.briaPush.enabled:conflict'])
			expect(response.body.detail).toContain('bria.push.enabled says true, but account1.briaPush.enabled says false')
		})

		it.each([[[]], ['text'], [null], [7]])('are refused when the body is %j', async (body) => {
			const { tenant, id } = await account()
			const headers = { 'content-type': 'application/json' }
			const url = `/v1/accounts/${id}/attributes`
			const response = await api().request(tenant.key, 'PUT', url, JSON.stringify(body), headers)
			expect(response.status).toBe(422)
		})

		it('move the account to another address, unless that is taken', async () => {
			const { tenant, put } = await account({ username: 'bob' })
			await createAccount(api(), tenant, { username: 'bob', domain: 'taken.example.org' })
			const response = await put({ 'credentials.domain': 'TAKEN.example.org', 'credentials.password': 'p' })
			expect([response.status, ...violated(response)]).toEqual([409, 'domain:unique'])
		})

		it.each([
			{ 'account1.briaPush.OutboundProxy': 'collector.example.net' },
			{ 'account1Sip.credentials.domain': 'collector.example.net' },
		])('lead the credential elsewhere only with the password: %j', async (attributes) => {
			const { tenant, id, put } = await account()
			const refused = await put({ ...attributes, NATEmulation: 1 })
			const [name] = Object.keys(attributes)
			expect([refused.status, ...violated(refused)]).toEqual([422, `${name}:credential_again`])
			const shown = (await api().request(tenant.key, 'GET', `/v1/accounts/${id}/attributes`)).body
			expect([shown.version, shown.attributes.natEmulation, shown.domain]).toEqual([1, false, 'sip.example.org'])
			expect((await put({ ...attributes, 'account1.credentials.password': 'again' })).status).toBe(200)
			expect((await put(attributes)).status).toBe(200)
		})

		it('never show a password that contradicts another', async () => {
			const { put } = await account()
			const response = await put({
				'credentials.password': 'one secret',
				'account1.credentials.password': 'another secret',
			})
			expect(response.status).toBe(422)
			expect(response.text).not.toContain('secret')
		})

		it('of several requests at once all count', async () => {
			const { tenant, id, put } = await account()
			await Promise.all([put({ NATEmulation: 1 }), put({ AutoSend180: 1 }), put({ RegistrationRefresh: 90 })])
			const { attributes } = (await api().request(tenant.key, 'GET', `/v1/accounts/${id}/attributes`)).body
			expect(attributes).toMatchObject({ natEmulation: true, autoSend180: true, registrationRefreshSeconds: 90 })
		})

		it('of another tenant do not exist', async () => {
			const { id } = await account()
			const other = await createTenant(api())
			expect((await put(other, id, { NATEmulation: 1 })).status).toBe(404)
			expect((await api().request(other.key, 'GET', `/v1/accounts/${id}/attributes`)).status).toBe(404)
		})
	})

	describe('the push switch as an attribute', () => {
		it('lets go of the registration at once, and needs a credential to be turned on again', async () => {
			const { tenant, id, put } = await account()
			const device = await enrolDevice(api(), tenant, id)
			await api().request(device.token, 'POST', '/v1/devices/me/handoff', { state: 'background' })
			const registration = async () =>
				(await api().request(tenant.key, 'GET', `/v1/accounts/${id}/registration`)).body.registration.state
			expect(await registration()).toBe('registered')
			expect((await put({ 'bria.push.enabled': 'false' })).status).toBe(200)
			expect(await registration()).toBe('unregistered')

			const refused = await put({ 'bria.push.enabled': 'true' })
			expect([refused.status, ...violated(refused)]).toEqual([409, 'password:required'])
			const { password } = validAccount()
			const body = { password, attributes: { pushEnabled: true } }
			expect((await api().request(tenant.key, 'PATCH', `/v1/accounts/${id}`, body)).status).toBe(200)
			expect(await registration()).toBe('registered')
		})
	})
}
