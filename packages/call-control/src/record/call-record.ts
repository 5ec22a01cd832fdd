import type { CallEventKind, CallOutcome, DeviceId } from '@vigil/domain'
import type { Clock } from '@vigil/runtime'
import type { CallDeps } from '../call-deps.ts'
import type { CallOwner } from '../ports/call-target.ts'
import type { CallIdentity } from './call-identity.ts'
import type { OwnedCall } from './call-journal.ts'

type Detail = Readonly<Record<string, string | number | boolean>>

interface Answered {
	readonly atMs: number
	readonly by: DeviceId | undefined
}

/** What is written down of one call: its beginning, its timeline, its end. */
export class CallRecord {
	readonly #journal: CallDeps['journal']
	readonly #clock: Clock
	readonly #identity: CallIdentity
	readonly #owned: OwnedCall
	#answered: Answered | undefined

	constructor(journal: CallDeps['journal'], clock: Clock, identity: CallIdentity, { tenantId }: CallOwner) {
		this.#journal = journal
		this.#clock = clock
		this.#identity = identity
		this.#owned = { id: identity.callId, tenantId }
	}

	/** `placedBy` makes it an outgoing call; `detail` goes on its first line. */
	begin({ tenantId, accountId }: CallOwner, placedBy?: DeviceId, detail?: Detail): void {
		const { callId, sipCallId, from, to } = this.#identity
		this.#journal.begin({
			id: callId,
			tenantId,
			accountId,
			...(placedBy === undefined ? { direction: 'incoming' } : { direction: 'outgoing', placedBy }),
			sipCallId,
			fromUri: from.uri,
			...(from.displayName === undefined ? {} : { fromDisplayName: from.displayName }),
			toUri: to,
			startedAtMs: this.#clock.wall(),
		})
		this.event('invite.received', placedBy, detail)
	}

	event(kind: CallEventKind, deviceId?: DeviceId, detail?: Detail): void {
		this.#journal.event({
			callId: this.#identity.callId,
			atMs: this.#clock.wall(),
			kind,
			...(deviceId === undefined ? {} : { deviceId }),
			...(detail === undefined ? {} : { detail }),
		})
	}

	/** `by` is the device that answered an incoming call. */
	answered(by?: DeviceId): void {
		this.#answered = { atMs: this.#clock.wall(), by }
		this.#journal.answered(this.#owned, this.#answered.atMs, by)
	}

	/** The last entry: an answered call was hung up, or the caller got a final refusal. */
	end(outcome: CallOutcome, finalStatus: number, detail: Detail): void {
		this.event('ended', this.#answered?.by, detail)
		this.#journal.end(this.#owned, {
			endedAtMs: this.#clock.wall(),
			outcome,
			finalStatus,
			...answeredFacts(this.#answered),
		})
	}
}

function answeredFacts(answered: Answered | undefined) {
	if (answered === undefined) return {}
	const { atMs: answeredAtMs, by } = answered
	return by === undefined ? { answeredAtMs } : { answeredAtMs, answeredBy: by }
}
