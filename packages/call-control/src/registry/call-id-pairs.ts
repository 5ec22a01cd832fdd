import type { Side } from './call-driver.ts'

/** How many outgoing calls are remembered; the oldest go first. */
const MOST = 10_000

/**
 * The two Call-IDs of calls that devices made, also of those that are over: who returns a call names it by In-Reply-To (RFC 3261 20.21).
 * Incoming calls have one Call-ID on both sides.
 */
export class CallIdPairs {
	readonly #others = new Map<string, string>()

	add(targetId: string, callIds: Readonly<Record<Side, string>>): void {
		this.#others.set(key('device', targetId, callIds.device), callIds.upstream)
		this.#others.set(key('upstream', targetId, callIds.upstream), callIds.device)
		for (const oldest of this.#others.keys()) {
			if (this.#others.size <= 2 * MOST) return
			this.#others.delete(oldest)
		}
	}

	/** What the account's call with that Call-ID on the one side is called on the other. */
	other(side: Side, targetId: string, callId: string): string | undefined {
		return this.#others.get(key(side, targetId, callId))
	}
}

function key(side: Side, targetId: string, callId: string): string {
	return `${side} ${targetId} ${callId}`
}
