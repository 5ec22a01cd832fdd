import { generateKeyPairSync } from 'node:crypto'
import type { ApiResponse, Harness } from './harness.ts'
import { ADMIN_TOKEN } from './harness.ts'

/** A tenant with an API key. */
export interface TestTenant {
	readonly id: string
	readonly key: string
}

export interface TestDevice {
	readonly id: string
	readonly token: string
}

let serial = 0

/** A name that no other test uses. */
export function unique(stem: string): string {
	serial += 1
	return `${stem}-${serial}`
}

export async function createTenant(api: Harness): Promise<TestTenant> {
	const tenant = created(await api.request(ADMIN_TOKEN, 'POST', '/v1/tenants', { name: unique('tenant') }))
	const key = created(await api.request(ADMIN_TOKEN, 'POST', `/v1/tenants/${tenant.id}/api-keys`, { name: 'first' }))
	return { id: tenant.id, key: key.key }
}

export const validAccount = () => ({ username: unique('alice'), domain: 'sip.example.org', password: 'pass word' })

/** The id of a new account. */
export async function createAccount(api: Harness, tenant: TestTenant, body: object = {}): Promise<string> {
	return created(await api.request(tenant.key, 'POST', '/v1/accounts', { ...validAccount(), ...body })).id
}

export function apnsKey(namedCurve = 'P-256'): string {
	const { privateKey } = generateKeyPairSync('ec', { namedCurve })
	return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
}

const sharedKey = apnsKey()

export const validApnsApp = (name: string) => ({
	provider: 'apns',
	name,
	bundleId: 'org.example.phone',
	teamId: 'ABCDE12345',
	keyId: 'KEYID12345',
	environment: 'sandbox',
	privateKey: sharedKey,
})

/** Creates the push app `phone` of the tenant unless it is there. */
export async function ensurePushApp(api: Harness, tenant: TestTenant): Promise<void> {
	const response = await api.request(tenant.key, 'POST', '/v1/push-apps', validApnsApp('phone'))
	if (response.status !== 201 && response.status !== 409) throw new Error(response.text)
}

export async function enrolmentCode(api: Harness, tenant: TestTenant, accountId: string): Promise<string> {
	return created(await api.request(tenant.key, 'POST', `/v1/accounts/${accountId}/enrolments`, {})).code
}

/** A device with one VoIP token, enrolled for the account. */
export async function enrolDevice(api: Harness, tenant: TestTenant, accountId: string): Promise<TestDevice> {
	await ensurePushApp(api, tenant)
	const enrolled = created(
		await api.request(undefined, 'POST', '/v1/devices', {
			enrolmentCode: await enrolmentCode(api, tenant, accountId),
			platform: 'ios',
			pushTokens: [{ app: 'phone', kind: 'voip', token: `${unique('token')}-0123456789abcdef` }],
		}),
	)
	return { id: enrolled.deviceId, token: enrolled.deviceToken }
}

/** The body of an answer that must be 201. */
export function created(response: ApiResponse) {
	if (response.status !== 201) throw new Error(`not created: ${response.status} ${response.text}`)
	return response.body
}

/** The fields and rules that a problem document names. */
export function violated(response: ApiResponse): string[] {
	return (response.body.errors ?? []).map((error: { field: string; rule: string }) => `${error.field}:${error.rule}`)
}
