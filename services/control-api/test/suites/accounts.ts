import type { AccountId, TenantId } from '@vigil/domain'
import { describe, expect, it } from 'vitest'
import { createAccount, created, createTenant, enrolDevice, validAccount, violated } from '../builders.ts'
import type { Harness } from '../harness.ts'

export function accountSuite(api: () => Harness): void {
	describe('accounts', () => {
		it('are created with defaults, shown without the password, and announced', async () => {
			const { key } = await createTenant(api())
			const body = { ...validAccount(), authUsername: 'alice-auth', displayName: 'Alice Ä', transport: 'tcp' }
			const response = await api().request(key, 'POST', '/v1/accounts', body)
			const account = created(response)
			expect(account).toMatchObject({
				aor: `sip:${body.username}@sip.example.org`,
				authUsername: 'alice-auth',
				displayName: 'Alice Ä',
				transport: 'tcp',
				disabled: false,
				attributes: {
					pushEnabled: true,
					registrationMode: 0,
					natEmulation: false,
					registrationRefreshSeconds: 600,
					autoSend180: false,
				},
			})
			const shown = await api().request(key, 'GET', `/v1/accounts/${account.id}`)
			expect(shown.body).toEqual(account)
			expect(response.text + shown.text).not.toContain(body.password)
			expect(api().signals.take('account.changed')).toEqual([{ accountId: account.id }])
			const credential = await api().stores.accounts.openCredential(account.id as AccountId)
			expect(credential?.password?.reveal()).toBe(body.password)
		})

		it('are created when the signal cannot be sent', async () => {
			const { key } = await createTenant(api())
			api().signals.failure = new Error('the queue is down')
			expect((await api().request(key, 'POST', '/v1/accounts', validAccount())).status).toBe(201)
		})

		it('over WebSocket may have a path, which goes with the transport', async () => {
			const { key } = await createTenant(api())
			const body = { ...validAccount(), transport: 'wss', webSocketPath: '/ws' }
			const account = created(await api().request(key, 'POST', '/v1/accounts', body))
			expect(account).toMatchObject({ transport: 'wss', webSocketPath: '/ws' })
			const change = (change: object) =>
				api().request(key, 'PATCH', `/v1/accounts/${account.id}`, { password: 'again', ...change })
			expect((await change({ webSocketPath: '/sip?v=1' })).body.webSocketPath).toBe('/sip?v=1')
			expect((await change({ webSocketPath: null })).body).not.toHaveProperty('webSocketPath')
			await change({ webSocketPath: '/ws' })
			expect((await change({ transport: 'tcp' })).body).not.toHaveProperty('webSocketPath')
			expect((await change({ transport: 'ws' })).body).not.toHaveProperty('webSocketPath')
			await change({ transport: 'udp' })
			expect(violated(await change({ webSocketPath: '/ws' }))).toEqual(['webSocketPath:transport'])
		})

		it('say where their calls are taken from, or leave it to the tenant', async () => {
			const { key } = await createTenant(api())
			const plain = created(await api().request(key, 'POST', '/v1/accounts', validAccount()))
			expect(plain).not.toHaveProperty('inviteSource')
			const body = { ...validAccount(), inviteSource: 'registrar' }
			const account = created(await api().request(key, 'POST', '/v1/accounts', body))
			expect(account).toMatchObject({ inviteSource: 'registrar' })
			expect(await api().stores.accounts.load(account.id as AccountId)).toMatchObject({ inviteSource: 'registrar' })
			const change = (inviteSource: unknown) =>
				api().request(key, 'PATCH', `/v1/accounts/${account.id}`, { inviteSource })
			expect((await change('any')).body).toMatchObject({ inviteSource: 'any', version: 2 })
			expect((await change(null)).body).not.toHaveProperty('inviteSource')
			expect(violated(await change('nobody'))).toEqual(['inviteSource:one_of'])
		})

		it.each([0, 1, 2, 3])('may be in mode %i', async (registrationMode) => {
			const { key } = await createTenant(api())
			const body = { ...validAccount(), attributes: { registrationMode } }
			const account = created(await api().request(key, 'POST', '/v1/accounts', body))
			expect(account.attributes.registrationMode).toBe(registrationMode)
			const registration = (await api().request(key, 'GET', `/v1/accounts/${account.id}/registration`)).body
			expect(registration.mode).toBe(registrationMode)
		})

		it.each([
			[{ attributes: { registrationMode: 4 } }, 'attributes.registrationMode:maximum'],
			[{ attributes: { registrationMode: -1 } }, 'attributes.registrationMode:minimum'],
			[{ attributes: { registrationMode: 0.5 } }, 'attributes.registrationMode:type'],
			[{ attributes: { registrationRefreshSeconds: 5 } }, 'attributes.registrationRefreshSeconds:minimum'],
			[{ attributes: { pushEnabled: 'yes' } }, 'attributes.pushEnabled:type'],
			[{ attributes: { colour: 'red' } }, 'attributes.colour:unknown'],
			[{ webSocketPath: 'ws', transport: 'ws' }, 'webSocketPath:format'],
			[{ webSocketPath: '/w s', transport: 'ws' }, 'webSocketPath:format'],
			[{ webSocketPath: '/ws#top', transport: 'ws' }, 'webSocketPath:format'],
			[{ webSocketPath: `/${'x'.repeat(255)}`, transport: 'wss' }, 'webSocketPath:maximum'],
			[{ webSocketPath: '/ws' }, 'webSocketPath:rule'],
			[{ attributes: { outboundProxy: 'sip:proxy' } }, 'attributes.outboundProxy:rule'],
			[{ username: undefined }, 'username:required'],
			[{ username: 'alice@home' }, 'username:format'],
			[{ username: 'alice\r\nVia: x' }, 'username:format'],
			[{ domain: 'sip.example.org:0' }, 'domain:rule'],
			[{ domain: 'a b' }, 'domain:rule'],
			[{ displayName: 'Alice\u0007' }, 'displayName:format'],
			[{ authUsername: 'a\nb' }, 'authUsername:format'],
			[{ password: '' }, 'password:minimum'],
			[{ transport: 'sctp' }, 'transport:one_of'],
		])('are refused with %j', async (change, rule) => {
			const { key } = await createTenant(api())
			const response = await api().request(key, 'POST', '/v1/accounts', { ...validAccount(), ...change })
			expect([response.status, ...violated(response)]).toEqual([422, rule])
		})

		it.each(['192.0.2.1', '192.0.2.1:5070', '[2001:db8::1]:5060', 'pbx', 'sip.example.org'])(
			'may live at %s',
			async (domain) => {
				const { key } = await createTenant(api())
				expect((await api().request(key, 'POST', '/v1/accounts', { ...validAccount(), domain })).status).toBe(201)
			},
		)

		it('are unique per tenant by their address', async () => {
			const [one, two] = [await createTenant(api()), await createTenant(api())]
			const body = validAccount()
			expect((await api().request(one.key, 'POST', '/v1/accounts', body)).status).toBe(201)
			const again = await api().request(one.key, 'POST', '/v1/accounts', body)
			expect(again.status).toBe(409)
			expect(violated(again)).toHaveLength(1)
			expect((await api().request(two.key, 'POST', '/v1/accounts', body)).status).toBe(201)
		})

		it('change only in what is given; null removes', async () => {
			const tenant = await createTenant(api())
			const id = await createAccount(api(), tenant, {
				displayName: 'Alice',
				attributes: { outboundProxy: 'sbc.example.org:5080', autoSend180: true },
			})
			const patch = async (body: object) => (await api().request(tenant.key, 'PATCH', `/v1/accounts/${id}`, body)).body
			const before = (await api().request(tenant.key, 'GET', `/v1/accounts/${id}`)).body
			api().signals.published.length = 0

			const renamed = await patch({ displayName: null, attributes: { natEmulation: true } })
			expect(renamed.displayName).toBeUndefined()
			expect(renamed.attributes).toEqual({ ...before.attributes, natEmulation: true })
			expect(renamed.version).toBeGreaterThan(before.version)
			expect(api().signals.take('account.changed')).toEqual([{ accountId: id }])

			expect(
				(await patch({ attributes: { outboundProxy: null }, password: 'again' })).attributes.outboundProxy,
			).toBeUndefined()
			expect((await patch({ disabled: true })).disabled).toBe(true)
			await patch({ password: 'another' })
			const credential = await api().stores.accounts.openCredential(id as AccountId)
			expect(credential?.password?.reveal()).toBe('another')
		})

		it('are listed page by page', async () => {
			const tenant = await createTenant(api())
			const ids = [
				await createAccount(api(), tenant),
				await createAccount(api(), tenant),
				await createAccount(api(), tenant),
			]
			const first = (await api().request(tenant.key, 'GET', '/v1/accounts?limit=2')).body
			const rest = (await api().request(tenant.key, 'GET', `/v1/accounts?limit=2&cursor=${first.nextCursor}`)).body
			expect(rest.nextCursor).toBeUndefined()
			const seen = [...first.items, ...rest.items].map((account: { id: string }) => account.id)
			expect(seen.sort()).toEqual(ids.sort())
		})

		it('are listed by user name and by the state of their registration', async () => {
			const tenant = await createTenant(api())
			const [one, two] = [await createAccount(api(), tenant), await createAccount(api(), tenant, { username: 'carol' })]
			await api().stores.accounts.saveStatuses(
				new Map([
					[
						one as AccountId,
						{ tenantId: tenant.id as TenantId, status: { state: 'rejected', sinceMs: 1, accountVersion: 1 } },
					],
				]),
			)
			const ids = async (query: string) =>
				(await api().request(tenant.key, 'GET', `/v1/accounts?${query}`)).body.items.map(({ id }: { id: string }) => id)
			expect(await ids('username=carol')).toEqual([two])
			expect(await ids('state=rejected')).toEqual([one])
			expect(await ids('state=unregistered')).toEqual([two])
			expect(await ids('state=unregistered&username=nobody')).toEqual([])
		})

		it.each([
			['cursor=nonsense', 400],
			['limit=0', 422],
			['limit=201', 422],
			['limit=x', 422],
			['page=2', 422],
			['state=asleep', 422],
		])('are not listed with %s', async (query, status) => {
			const { key } = await createTenant(api())
			const response = await api().request(key, 'GET', `/v1/accounts?${query}`)
			expect(response.status).toBe(status)
			expect(violated(response)[0]).toContain(query.split('=')[0])
		})

		it('are removed with their lines, and announced', async () => {
			const tenant = await createTenant(api())
			const id = await createAccount(api(), tenant)
			const device = await enrolDevice(api(), tenant, id)
			api().signals.published.length = 0
			expect((await api().request(tenant.key, 'DELETE', `/v1/accounts/${id}`)).status).toBe(204)
			expect(api().signals.take('account.changed')).toEqual([{ accountId: id }])
			expect((await api().request(tenant.key, 'GET', `/v1/accounts/${id}`)).status).toBe(404)
			expect((await api().request(device.token, 'GET', '/v1/devices/me')).body.lines).toEqual([])
		})

		it('of another tenant do not exist', async () => {
			const [one, two] = [await createTenant(api()), await createTenant(api())]
			const url = `/v1/accounts/${await createAccount(api(), one)}`
			for (const [method, path, body] of [
				['GET', url],
				['PATCH', url, {}],
				['DELETE', url],
				['GET', `${url}/registration`],
				['POST', `${url}/enrolments`, {}],
			] as const) {
				const response = await api().request(two.key, method, path, body)
				expect([method, path, response.status]).toEqual([method, path, 404])
			}
			expect((await api().request(two.key, 'GET', '/v1/accounts')).body.items).toEqual([])
			expect((await api().request(one.key, 'GET', url)).status).toBe(200)
		})
	})

	describe('the registration of an account', () => {
		it('shows state, reason and holder', async () => {
			const tenant = await createTenant(api())
			const id = await createAccount(api(), tenant)
			const url = `/v1/accounts/${id}/registration`
			expect((await api().request(tenant.key, 'GET', url)).body).toMatchObject({
				accountId: id,
				holder: 'none',
				registration: { state: 'unregistered' },
			})

			api().owner.refusal = { state: 'rejected', reason: 'the registrar refuses the password', sipStatus: 403 }
			const device = await enrolDevice(api(), tenant, id)
			expect((await api().request(tenant.key, 'GET', url)).body).toMatchObject({
				holder: 'none',
				registration: { state: 'rejected', reason: 'the registrar refuses the password', sipStatus: 403 },
			})

			api().owner.refusal = undefined
			await api().request(device.token, 'POST', '/v1/devices/me/handoff', { state: 'background' })
			expect((await api().request(tenant.key, 'GET', url)).body).toMatchObject({
				holder: 'service',
				registration: { state: 'registered', grantedExpiresSeconds: 600, target: 'udp:192.0.2.1:5060' },
			})

			await api().request(device.token, 'POST', '/v1/devices/me/handoff', { state: 'foreground', registered: true })
			expect((await api().request(tenant.key, 'GET', url)).body).toMatchObject({ holder: 'device' })
		})
	})
}
