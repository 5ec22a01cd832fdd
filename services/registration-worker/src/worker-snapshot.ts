import type { InviteSourceCounts } from '@vigil/call-control'
import type { EndpointCounters, PrerenderedCounters } from '@vigil/sip-transport'
import type { RefusalTotal } from './admission/refusal-counts.ts'
import type { EngineSnapshot } from './registrations/engine-snapshot.ts'
import type { RefusedMessages } from './upstream/refused-messages.ts'

/** Numbers of a worker for metrics and health. */
export interface WorkerSnapshot {
	readonly accounts: number
	readonly registrations: Readonly<Record<string, number>>
	readonly calls: number
	/** Those of them that devices made. */
	readonly outgoingCalls: number
	/** Of all, those that hold a place of the budgets. */
	readonly heldCalls: number
	readonly refusedCalls: readonly RefusalTotal[]
	/** INVITEs from elsewhere than the registrar. */
	readonly inviteSources: Readonly<InviteSourceCounts>
	readonly droppedRecords: number
	readonly upstreamSip: Readonly<Record<string, number>>
	/** Messages from upstream that were not taken as they came. */
	readonly upstreamMessages: RefusedMessages
	/** How the registrations go. */
	readonly engine: EngineSnapshot
}

/** The counters of both, which have some names in common. */
export function added(
	some: Readonly<Record<keyof EndpointCounters, number>>,
	others: Readonly<Record<keyof PrerenderedCounters, number>>,
): Record<string, number> {
	const sum: Record<string, number> = { ...some }
	for (const [name, value] of Object.entries(others)) sum[name] = (sum[name] ?? 0) + value
	return sum
}
