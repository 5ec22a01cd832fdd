import type { SwapEvidence } from '@vigil/domain'
import type { Clock } from '@vigil/runtime'
import type { AccountProfile } from '../accounts/account-profiles.ts'

/** A server that did not swap contacts may be one that was in trouble, and may be set up otherwise some day. */
const FAILURE_LASTS_MS = 3_600_000
/** Servers that are remembered; the one that was learned of longest ago is forgotten first. */
const MOST_SERVERS = 10_000

interface Learned {
	readonly evidence: 'works' | 'fails'
	readonly atMs: number
}

/**
 * Which SIP servers swap contacts by one REGISTER, as accounts have set it or as it was seen (ADR 13). What was seen
 * to fail counts for an hour, whatever is set.
 */
export class SwapMemory {
	readonly #clock: Clock
	readonly #most: number
	readonly #learned = new Map<string, Learned>()

	constructor(clock: Clock, most = MOST_SERVERS) {
		this.#clock = clock
		this.#most = most
	}

	/** What is known of the server of accounts with that profile. */
	of(profile: AccountProfile): SwapEvidence {
		const set = profile.attributes.contactSwap
		const seen = this.#seen(profile)
		if (set === false || seen === 'fails') return 'fails'
		return set === true ? 'works' : seen
	}

	learn(profile: AccountProfile, evidence: SwapEvidence): void {
		if (evidence === 'unknown') return
		const key = serverOf(profile)
		this.#learned.delete(key)
		this.#learned.set(key, { evidence, atMs: this.#clock.now() })
		if (this.#learned.size <= this.#most) return
		for (const oldest of this.#learned.keys()) {
			this.#learned.delete(oldest)
			return
		}
	}

	#seen(profile: AccountProfile): SwapEvidence {
		const learned = this.#learned.get(serverOf(profile))
		if (learned === undefined) return 'unknown'
		const isOver = learned.evidence === 'fails' && this.#clock.now() - learned.atMs >= FAILURE_LASTS_MS
		return isOver ? 'unknown' : learned.evidence
	}
}

function serverOf({ domain, transport, attributes }: AccountProfile): string {
	return `${transport} ${domain.toLowerCase()} ${attributes.outboundProxy?.toLowerCase() ?? ''}`
}
