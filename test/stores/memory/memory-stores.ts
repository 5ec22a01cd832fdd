import type { Clock, RandomSource } from '@vigil/runtime'
import { memoryAccounts } from './accounts.ts'
import { memoryBindings, memoryFencingTokens, memoryForegroundLeases } from './bindings.ts'
import { memoryCalls } from './calls.ts'
import { memoryCredentials } from './credentials.ts'
import { memoryDevices } from './devices.ts'
import { memoryPushApps } from './push-apps.ts'
import { Tables } from './tables.ts'
import { memoryTenantSettings, memoryTenants } from './tenants.ts'

/** The stores over one set of tables. All that a statement does, it does at once. */
export class MemoryStores {
	readonly accounts
	readonly bindings
	readonly calls
	readonly credentials
	readonly devices
	readonly fencingTokens
	readonly foregroundLeases
	readonly pushApps
	readonly tenants
	readonly tenantSettings

	/** Times are the clock's wall time and identifiers are made of `random`; the machine's when absent. */
	constructor(clock?: Clock, random?: RandomSource) {
		const tables = new Tables(clock, random)
		this.accounts = memoryAccounts(tables)
		this.bindings = memoryBindings(tables)
		this.calls = memoryCalls(tables)
		this.credentials = memoryCredentials(tables)
		this.devices = memoryDevices(tables)
		this.fencingTokens = memoryFencingTokens()
		this.foregroundLeases = memoryForegroundLeases(tables)
		this.pushApps = memoryPushApps(tables)
		this.tenants = memoryTenants(tables)
		this.tenantSettings = memoryTenantSettings(tables)
	}
}
