import type { CallJournal, CallRegistry, OngoingInvites, ReferSubscriptions } from '@vigil/call-control'
import type { PushJob } from '@vigil/contracts'
import type { Clock, Logger, RandomText } from '@vigil/runtime'
import type { SipEndpoint } from '@vigil/sip-transport'
import type { EdgeSide } from '../edge/edge-side.ts'
import type { AccountCredentials } from '../registrations/account-credentials.ts'
import type { UpstreamSide } from '../upstream/upstream-side.ts'
import type { UpstreamPaths } from './outgoing/upstream-paths.ts'

/** What a call needs of the worker around it. */
export interface CallDeps {
	readonly upstream: UpstreamSide
	readonly upstreamEndpoint: SipEndpoint
	readonly edge: EdgeSide
	readonly edgeEndpoint: SipEndpoint
	readonly credentials: AccountCredentials
	readonly paths: UpstreamPaths
	readonly journal: CallJournal
	readonly registry: CallRegistry
	readonly invites: OngoingInvites
	readonly subscriptions: ReferSubscriptions
	readonly enqueuePush: (job: PushJob) => Promise<void>
	readonly clock: Clock
	readonly logger: Logger
	readonly random: RandomText
	readonly wakeWithinMs: number
	readonly ringWithinMs: number
}
