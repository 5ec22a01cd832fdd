import type { Logger } from '@vigil/runtime'
import type { CallDeps } from '../call-deps.ts'
import type { CallTargets } from '../ports/call-targets.ts'
import type { InviteSourceCounts } from './invite-source-counts.ts'

/** What requests that begin calls need. The endpoints come before the calls that use them, so those are asked for when they are needed. */
export interface CallRequestDeps {
	readonly calls: () => CallDeps
	readonly targets: () => CallTargets
	readonly sourceCounts: InviteSourceCounts
	/** False while the process drains: new calls get 503 and are tried elsewhere by the server. */
	readonly accepting: () => boolean
	readonly logger: Logger
}
