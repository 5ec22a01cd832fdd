import type { AccountId, TenantId } from '@vigil/domain'
import type { Clock, Logger } from '@vigil/runtime'
import type { AccountDirectory } from '../accounts/account-directory.ts'
import type { HoldingDriver } from '../holding/holding-driver.ts'
import type { PacingLimits } from '../pacing/pacer.ts'
import type { Connector } from '../upstream/upstream.ts'
import type { AccountCredentials } from './account-credentials.ts'
import type { Identities } from './identities.ts'
import type { RegisterSender } from './register-sender.ts'

/** What the registration driver works with. */
export interface RegistrationDriverDeps {
	readonly directory: AccountDirectory
	readonly identities: Identities
	readonly credentials: AccountCredentials
	readonly sender: RegisterSender
	readonly holding: HoldingDriver
	readonly connector: Connector
	/** Host and port of our Contact at the usual listener; a change of it is a change of every registration. */
	readonly contactHostPort: () => string
	/** The visible state of the account in that slot has changed. */
	readonly report: (slot: number) => void
	readonly nextGeneration: (tenantId: TenantId, id: AccountId) => Promise<number>
	readonly pacing: PacingLimits
	/** When a failure at a server that nobody has heard is shown; default 32 s. */
	readonly unansweredAfterMs: number | undefined
	readonly clock: Clock
	readonly logger: Logger
}
