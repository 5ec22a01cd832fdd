import { generateKeyPairSync } from 'node:crypto'
import type { PushAppId } from '@vigil/domain'
import { createCertificateAuthority } from '@vigil/testkit'
import { describe, expect, it } from 'vitest'
import { apnsKey, created, createTenant, validApnsApp, violated } from '../builders.ts'
import type { Harness } from '../harness.ts'

const rsaKey = generateKeyPairSync('rsa', { modulusLength: 2048 })
	.privateKey.export({ type: 'pkcs8', format: 'pem' })
	.toString()

const fcm = (name: string) => ({ provider: 'fcm', name, projectId: 'phone-project' })
const serviceAccount = { type: 'service_account', client_email: 'a@b.iam.example.org', private_key: rsaKey }

export function pushAppSuite(api: () => Harness): void {
	const secretOf = async (id: string) => (await api().stores.pushApps.open(id as PushAppId))?.credential.secret.reveal()

	describe('push apps', () => {
		it('for APNs are created, shown without the key, replaced and removed', async () => {
			const { key } = await createTenant(api())
			const body = validApnsApp('phone')
			const app = created(await api().request(key, 'POST', '/v1/push-apps', body))
			expect(app).toMatchObject({ provider: 'apns', name: 'phone', bundleId: 'org.example.phone', version: 1 })
			const url = `/v1/push-apps/${app.id}`
			const shown = await api().request(key, 'GET', url)
			expect(shown.body).toEqual(app)
			expect(shown.text).not.toContain('PRIVATE')
			expect(await secretOf(app.id)).toBe(body.privateKey)

			const { name: _name, privateKey: _key, ...settings } = body
			const changed = await api().request(key, 'PUT', url, { ...settings, environment: 'production' })
			expect(changed.body).toMatchObject({ environment: 'production', version: 2 })
			expect(await secretOf(app.id)).toBe(body.privateKey)
			const fresh = apnsKey()
			expect((await api().request(key, 'PUT', url, { ...settings, privateKey: fresh })).status).toBe(200)
			expect(await secretOf(app.id)).toBe(fresh)

			expect((await api().request(key, 'GET', '/v1/push-apps')).body.items).toHaveLength(1)
			expect((await api().request(key, 'DELETE', url)).status).toBe(204)
			expect((await api().request(key, 'GET', url)).status).toBe(404)
		})

		it('for FCM take a service account, or an access token for an endpoint of one’s own', async () => {
			const { key } = await createTenant(api())
			const one = created(await api().request(key, 'POST', '/v1/push-apps', { ...fcm('one'), serviceAccount }))
			expect(JSON.parse((await secretOf(one.id)) ?? '')).toEqual(serviceAccount)
			const { cert } = await createCertificateAuthority()
			const place = { endpoint: 'localhost:8443', endpointCa: cert }
			const two = created(
				await api().request(key, 'POST', '/v1/push-apps', { ...fcm('two'), ...place, accessToken: 'ya29' }),
			)
			expect(two).toMatchObject(place)
			expect(JSON.parse((await secretOf(two.id)) ?? '')).toEqual({ access_token: 'ya29' })
		})

		it('say which digests the SIP stack of the app knows, until they are replaced without', async () => {
			const { key } = await createTenant(api())
			const digestAlgorithms = ['MD5', 'SHA-256']
			const body = { ...validApnsApp('phone'), digestAlgorithms }
			const app = created(await api().request(key, 'POST', '/v1/push-apps', body))
			expect(app.digestAlgorithms).toEqual(digestAlgorithms)
			const { name: _name, privateKey: _key, ...settings } = validApnsApp('phone')
			const url = `/v1/push-apps/${app.id}`
			await api().request(key, 'PUT', url, { ...settings, digestAlgorithms: ['MD5'] })
			expect((await api().request(key, 'GET', url)).body.digestAlgorithms).toEqual(['MD5'])
			expect((await api().request(key, 'PUT', url, settings)).body).not.toHaveProperty('digestAlgorithms')
		})

		it.each([
			[{ ...validApnsApp('x'), digestAlgorithms: [] }, 'digestAlgorithms:minimum'],
			[{ ...validApnsApp('x'), digestAlgorithms: ['MD5', 'MD5'] }, 'digestAlgorithms:rule'],
			[{ ...validApnsApp('x'), digestAlgorithms: ['SHA-1'] }, 'digestAlgorithms.0:one_of'],
			[{ ...validApnsApp('x'), privateKey: 'secret' }, 'privateKey:format'],
			[
				{ ...validApnsApp('x'), privateKey: '-----BEGIN PRIVATE KEY-----\nAA\n-----END PRIVATE KEY-----' },
				'privateKey:pem',
			],
			[{ ...validApnsApp('x'), privateKey: apnsKey('P-384') }, 'privateKey:p256'],
			[{ ...validApnsApp('x'), teamId: 'short' }, 'teamId:format'],
			[{ ...validApnsApp('x'), environment: 'test' }, 'environment:one_of'],
			[{ ...validApnsApp('x'), endpoint: 'localhost' }, 'endpoint:rule'],
			[{ ...validApnsApp('x'), endpoint: 'localhost:99999' }, 'endpoint:rule'],
			[{ ...validApnsApp('x'), endpoint: 'localhost:1', endpointCa: 'no' }, 'endpointCa:pem'],
			[{ ...validApnsApp('x'), endpointCa: 'no' }, 'endpointCa:pem'],
			[{ ...fcm('x') }, 'serviceAccount:required'],
			[{ ...fcm('x'), accessToken: 'ya29' }, 'accessToken:needs_endpoint'],
			[{ ...fcm('x'), accessToken: 'ya29', serviceAccount, endpoint: 'a:1' }, 'accessToken:exclusive'],
			[
				{ ...fcm('x'), serviceAccount: { ...serviceAccount, private_key: '-----BEGIN' } },
				'serviceAccount.private_key:pem',
			],
			[{ ...fcm('X'), projectId: 'Not Valid', serviceAccount }, 'projectId:format'],
			[{ provider: 'pigeon', name: 'x' }, 'provider:one_of'],
			[{ name: 'x' }, 'provider:one_of'],
		])('are refused: %#', async (body, rule) => {
			const { key } = await createTenant(api())
			const response = await api().request(key, 'POST', '/v1/push-apps', body)
			expect([response.status, ...violated(response)]).toEqual([422, rule])
		})

		it('keep name and provider, and do not share a name', async () => {
			const { key } = await createTenant(api())
			const app = created(await api().request(key, 'POST', '/v1/push-apps', validApnsApp('phone')))
			const again = await api().request(key, 'POST', '/v1/push-apps', validApnsApp('phone'))
			expect([again.status, ...violated(again)]).toEqual([409, 'name:unique'])
			const { name: _name, ...other } = fcm('phone')
			const changed = await api().request(key, 'PUT', `/v1/push-apps/${app.id}`, other)
			expect([changed.status, ...violated(changed)]).toEqual([422, 'provider:fixed'])
		})

		it('of another tenant do not exist', async () => {
			const [one, two] = [await createTenant(api()), await createTenant(api())]
			const app = created(await api().request(one.key, 'POST', '/v1/push-apps', validApnsApp('phone')))
			const { name: _name, ...settings } = validApnsApp('phone')
			const url = `/v1/push-apps/${app.id}`
			expect((await api().request(two.key, 'GET', url)).status).toBe(404)
			expect((await api().request(two.key, 'PUT', url, settings)).status).toBe(404)
			expect((await api().request(two.key, 'DELETE', url)).status).toBe(404)
			expect((await api().request(two.key, 'GET', '/v1/push-apps')).body.items).toEqual([])
		})
	})
}
