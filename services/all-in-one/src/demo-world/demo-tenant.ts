import type { AccountView, CreateAccountRequest } from '@vigil/contracts'
import type { PlatformAddresses } from '../platform/platform-addresses.ts'
import { DEMO_PUSH_APP, type DemoPushProvider } from './push-provider.ts'
import { type PhoneOptions, SleepingPhone } from './sleeping-phone.ts'
import { TenantClient } from './tenant-client.ts'

/** A tenant with a push app on the demo provider; accounts and phones are added to it through the control API. */
export class DemoTenant {
	readonly client: TenantClient
	readonly apiKey: string
	readonly tenantId: string
	readonly #apiUrl: string
	readonly #pushes: DemoPushProvider

	private constructor(apiUrl: string, tenantId: string, apiKey: string, pushes: DemoPushProvider) {
		this.#apiUrl = apiUrl
		this.tenantId = tenantId
		this.apiKey = apiKey
		this.#pushes = pushes
		this.client = new TenantClient(apiUrl, apiKey)
	}

	static async create(
		addresses: Pick<PlatformAddresses, 'api' | 'adminToken'>,
		pushes: DemoPushProvider,
		name = 'demo',
	): Promise<DemoTenant> {
		const admin = new TenantClient(addresses.api, addresses.adminToken)
		const tenant = await admin.createTenant(name)
		const { key } = await admin.createApiKey(tenant.id, 'demo')
		const demo = new DemoTenant(addresses.api, tenant.id, key, pushes)
		await demo.client.request('POST', '/v1/push-apps', { name: DEMO_PUSH_APP, ...pushes.pushApp })
		return demo
	}

	addAccount(account: CreateAccountRequest): Promise<AccountView> {
		return this.client.createAccount(account)
	}

	async addPhone(
		accountId: string,
		options: Pick<PhoneOptions, 'user' | 'wakes' | 'device'> = {},
	): Promise<SleepingPhone> {
		const { code } = await this.client.createEnrolment(accountId)
		return SleepingPhone.enrol({ apiUrl: this.#apiUrl, enrolmentCode: code, pushes: this.#pushes, ...options })
	}
}
