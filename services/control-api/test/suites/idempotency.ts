import { describe, expect, it } from 'vitest'
import { createAccount, created, createTenant, enrolmentCode, unique, validAccount, violated } from '../builders.ts'
import { type Harness, send } from '../harness.ts'

export function idempotencySuite(api: () => Harness): void {
	describe('Idempotency-Key', () => {
		const post = (token: string | undefined, url: string, body: object, key: string) =>
			api().request(token, 'POST', url, body, { 'idempotency-key': key })

		it('repeats the first answer of a write', async () => {
			const { key } = await createTenant(api())
			const body = validAccount()
			const first = await post(key, '/v1/accounts', body, 'one')
			const second = await post(key, '/v1/accounts', body, 'one')
			expect([first.status, second.status]).toEqual([201, 201])
			expect(second.body).toEqual(first.body)
			expect(second.headers.location).toBe(first.headers.location)
			expect(second.headers['content-type']).toBe(first.headers['content-type'])
			expect([first.headers['idempotency-replayed'], second.headers['idempotency-replayed']]).toEqual([
				undefined,
				'true',
			])
			expect((await api().request(key, 'GET', '/v1/accounts')).body.items).toHaveLength(1)
		})

		it('gives a device its token again when the first answer was lost', async () => {
			const tenant = await createTenant(api())
			const code = await enrolmentCode(api(), tenant, await createAccount(api(), tenant))
			const body = { enrolmentCode: code, platform: 'android' }
			const idempotencyKey = unique('enrolment')
			const first = created(await post(undefined, '/v1/devices', body, idempotencyKey))
			expect(created(await post(undefined, '/v1/devices', body, idempotencyKey))).toEqual(first)
			expect((await post(undefined, '/v1/devices', { ...body, name: 'x' }, idempotencyKey)).status).toBe(401)
		})

		it('is refused for another request, and does not reach across tenants', async () => {
			const [one, two] = [await createTenant(api()), await createTenant(api())]
			const body = validAccount()
			expect((await post(one.key, '/v1/accounts', body, 'same')).status).toBe(201)
			const other = await post(one.key, '/v1/accounts', validAccount(), 'same')
			expect([other.status, ...violated(other)]).toEqual([422, 'Idempotency-Key:reused'])
			const elsewhere = await post(two.key, '/v1/accounts', body, 'same')
			expect([elsewhere.status, elsewhere.headers['idempotency-replayed']]).toEqual([201, undefined])
		})

		it('does not keep refusals', async () => {
			const tenant = await createTenant(api())
			const id = await createAccount(api(), tenant)
			const url = `/v1/accounts/${id}`
			await api().request(tenant.key, 'PATCH', url, { disabled: true })
			expect((await post(tenant.key, `${url}/enrolments`, {}, 'k')).status).toBe(409)
			await api().request(tenant.key, 'PATCH', url, { disabled: false })
			expect((await post(tenant.key, `${url}/enrolments`, {}, 'k')).status).toBe(201)
		})

		it('is a conflict while the first request is under way', async () => {
			const { key } = await createTenant(api())
			const { accounts } = api().stores
			const gate = Promise.withResolvers<void>()
			const reached = Promise.withResolvers<void>()
			const app = await api().variant({
				stores: {
					...api().stores,
					accounts: {
						...accounts,
						create: async (account) => {
							reached.resolve()
							await gate.promise
							return accounts.create(account)
						},
					},
				},
			})
			const body = validAccount()
			const again = () => send(app, key, 'POST', '/v1/accounts', body, { 'idempotency-key': 'race' })
			const first = again()
			await reached.promise
			expect((await again()).status).toBe(409)
			gate.resolve()
			expect((await first).status).toBe(201)
			expect((await again()).headers['idempotency-replayed']).toBe('true')
			await app.close()
		})

		it('has a bounded form', async () => {
			const { key } = await createTenant(api())
			for (const bad of ['', 'a b', 'x'.repeat(256)]) {
				expect((await post(key, '/v1/accounts', validAccount(), bad)).status).toBe(400)
			}
		})
	})
}
