import { afterAll, beforeAll, describe } from 'vitest'
import { accountStoreContract } from './accounts.ts'
import { bindingStoreContract } from './bindings.ts'
import { callStoreContract } from './calls.ts'
import type { ContractStores } from './contract-stores.ts'
import { credentialLifeContract } from './credential-life.ts'
import { deviceStoreContract } from './devices.ts'
import { enrolmentContract } from './enrolments.ts'
import { fencingTokensContract } from './fencing-tokens.ts'
import { foregroundLeaseStoreContract } from './foreground-leases.ts'
import { accountServiceContract } from './owned-accounts.ts'
import { pushAppStoreContract } from './push-apps.ts'
import { pushTokenContract } from './push-tokens.ts'
import { tenantSettingsContract } from './tenant-settings.ts'
import { tenantStoreContract } from './tenants.ts'

/** Stores that were made for the contract, and what ends them. */
export interface MadeStores {
	readonly stores: ContractStores
	close(): Promise<void>
}

/** The one suite that every implementation of the stores passes, on a set that `make` gives, empty. */
export function storeContract(name: string, make: () => Promise<MadeStores>): void {
	describe(name, () => {
		let made: MadeStores
		const stores = () => made.stores
		beforeAll(async () => {
			made = await make()
		})
		afterAll(() => made?.close())
		accountStoreContract(stores)
		bindingStoreContract(stores)
		callStoreContract(stores)
		credentialLifeContract(stores)
		deviceStoreContract(stores)
		enrolmentContract(stores)
		fencingTokensContract(stores)
		foregroundLeaseStoreContract(stores)
		accountServiceContract(stores)
		pushAppStoreContract(stores)
		pushTokenContract(stores)
		tenantSettingsContract(stores)
		tenantStoreContract(stores)
	})
}
