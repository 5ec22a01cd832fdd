import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { AccountView, DeviceView, EnrolDeviceResponse } from '@vigil/contracts'
import type { Platform } from '../platform/platform.ts'
import type { PlatformAddresses } from '../platform/platform-addresses.ts'
import type { Settings } from '../settings.ts'
import { DemoSipServer } from './demo-sip-server.ts'
import { DEMO_PUSH_APP, DemoPushProvider } from './push-provider.ts'
import { ControlApiError, TenantClient } from './tenant-client.ts'

const USER = 'alice'
const PASSWORD = 'demo-password'
const FILE = 'demo.json'

/** What is kept of the demo between two starts. */
interface KeptDemo {
	readonly tenantId: string
	readonly apiKey: string
	readonly pushAppId: string
	readonly account: AccountView
	readonly device: EnrolDeviceResponse
}

/** What the demo needs of the platform beside it. */
type StandingPlatform = Pick<Platform, 'addresses' | 'egress'>

/** The demo beside `npm start`: a SIP server with one user, a push provider, and a tenant with an account and a device. */
export class StandingDemo {
	readonly #server: DemoSipServer
	readonly #pushes: DemoPushProvider
	readonly #kept: KeptDemo

	private constructor(server: DemoSipServer, pushes: DemoPushProvider, kept: KeptDemo) {
		this.#server = server
		this.#pushes = pushes
		this.#kept = kept
	}

	/** Starts the servers and sets the tenant up; a later start with the same state folder finds it again. */
	static async start(settings: Settings, { addresses, egress }: StandingPlatform): Promise<StandingDemo> {
		const server = await DemoSipServer.start({ [USER]: PASSWORD }, settings.demoSipPort)
		const pushes = await DemoPushProvider.start()
		egress.ownDemo(server.registrar)
		egress.ownDemo(pushes.server)
		try {
			const kept = (await found(settings, addresses, pushes)) ?? (await created(settings, addresses, server, pushes))
			return new StandingDemo(server, pushes, kept)
		} catch (error) {
			await Promise.all([server.close(), pushes.close()])
			throw error
		}
	}

	/** What somebody who wants to try it needs, a line each. */
	get lines(): readonly (readonly [what: string, value: string])[] {
		const { apiKey, tenantId, account, device } = this.#kept
		return [
			['demo tenant', tenantId],
			['demo API key', apiKey],
			['demo SIP server', `sip:${this.#server.domain} (UDP and TCP), user ${USER}, password ${PASSWORD}`],
			['demo account', `${account.id} ${account.aor}`],
			['demo device', `${device.deviceId}, bearer token ${device.deviceToken}`],
			['demo device SIP', `user ${device.sip.username}, password ${device.sip.password}, realm ${device.sip.realm}`],
			['demo push app', `${DEMO_PUSH_APP}, an APNs on ${this.#pushes.server.endpoint}`],
		]
	}

	async close(): Promise<void> {
		await Promise.all([this.#server.close(), this.#pushes.close()])
	}
}

/** The demo of an earlier start, its push app pointed at the provider of this one; undefined when it is not there. */
async function found(
	settings: Settings,
	addresses: PlatformAddresses,
	pushes: DemoPushProvider,
): Promise<KeptDemo | undefined> {
	const text = await readFile(join(settings.stateDir, FILE), 'utf8').catch(() => undefined)
	if (text === undefined) return undefined
	const kept = JSON.parse(text) as KeptDemo
	const client = new TenantClient(addresses.api, kept.apiKey)
	try {
		await client.request('PUT', `/v1/push-apps/${kept.pushAppId}`, pushes.pushApp)
		await client.request<DeviceView>('GET', `/v1/devices/${kept.device.deviceId}`)
		return kept
	} catch (error) {
		// The database is another one, or somebody removed the demo: it is set up anew.
		if (error instanceof ControlApiError && (error.status === 401 || error.status === 404)) return undefined
		throw error
	}
}

async function created(
	settings: Settings,
	addresses: PlatformAddresses,
	server: DemoSipServer,
	pushes: DemoPushProvider,
): Promise<KeptDemo> {
	const admin = new TenantClient(addresses.api, addresses.adminToken)
	const tenant = await admin.createTenant('demo')
	const { key } = await admin.createApiKey(tenant.id, 'demo')
	const client = new TenantClient(addresses.api, key)
	const app = await client.request<{ id: string }>('POST', '/v1/push-apps', { name: DEMO_PUSH_APP, ...pushes.pushApp })
	const account = await client.createAccount({ username: USER, password: PASSWORD, domain: server.domain })
	const { code } = await client.createEnrolment(account.id)
	const device = await client.request<EnrolDeviceResponse>('POST', '/v1/devices', {
		enrolmentCode: code,
		platform: 'ios',
		name: 'demo device',
		pushTokens: [{ app: DEMO_PUSH_APP, kind: 'voip', token: pushes.newToken(() => {}) }],
	})
	const kept: KeptDemo = { tenantId: tenant.id, apiKey: key, pushAppId: app.id, account, device }
	await mkdir(settings.stateDir, { recursive: true, mode: 0o700 })
	await writeFile(join(settings.stateDir, FILE), `${JSON.stringify(kept, undefined, 2)}\n`, { mode: 0o600 })
	return kept
}
