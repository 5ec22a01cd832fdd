import type { PushJob } from '@vigil/contracts'
import type { Clock, Logger, RandomText } from '@vigil/runtime'
import type { DeviceSide } from './ports/device-side.ts'
import type { CallJournal } from './record/call-journal.ts'
import type { CallRegistry } from './registry/call-registry.ts'
import type { OngoingInvites } from './registry/ongoing-invites.ts'
import type { ReferSubscriptions } from './registry/refer-subscriptions.ts'

/** What calls share, whatever their target. */
export interface CallDeps {
	readonly devices: DeviceSide
	readonly journal: Pick<CallJournal, 'begin' | 'answered' | 'end' | 'event'>
	readonly registry: CallRegistry
	readonly invites: OngoingInvites
	readonly subscriptions: ReferSubscriptions
	readonly enqueuePush: (job: PushJob) => Promise<void>
	readonly clock: Clock
	readonly logger: Logger
	readonly random: RandomText
	/** How long a pushed device has to attach before the caller gets 480. */
	readonly wakeWithinMs: number
	/** How long devices ring before the caller gets 480 (RFC 3261 16.6: timer C must exceed 3 minutes). */
	readonly ringWithinMs: number
}
