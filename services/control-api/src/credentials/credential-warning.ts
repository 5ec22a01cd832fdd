import type { AccountId, TenantId } from '@vigil/domain'

/** A warning that was recorded by this run. */
export interface CredentialWarning {
	readonly tenantId: TenantId
	readonly accountId: AccountId
	/** When the credential will be deleted if no device of the account is heard of, epoch milliseconds. */
	readonly expiresAtMs: number
}
