import type { Account, CallEventKind, CallOutcome, DeviceId } from '@vigil/domain'
import type { Clock } from '@vigil/runtime'
import type { CallIdentity } from './call-identity.ts'
import type { CallJournal } from './call-journal.ts'

type Detail = Readonly<Record<string, string | number | boolean>>

/** What is written down of one call: its beginning, its timeline, its end. */
export class CallRecord {
	readonly #journal: CallJournal
	readonly #clock: Clock
	readonly #identity: CallIdentity
	#answered: { readonly atMs: number; readonly by: DeviceId } | undefined

	constructor(journal: CallJournal, clock: Clock, identity: CallIdentity) {
		this.#journal = journal
		this.#clock = clock
		this.#identity = identity
	}

	begin(account: Account): void {
		const { callId, sipCallId, from, to } = this.#identity
		this.#journal.begin({
			id: callId,
			tenantId: account.tenantId,
			accountId: account.id,
			sipCallId,
			fromUri: from.uri,
			...(from.displayName === undefined ? {} : { fromDisplayName: from.displayName }),
			toUri: to,
			startedAtMs: this.#clock.now(),
		})
		this.event('invite.received')
	}

	event(kind: CallEventKind, deviceId?: DeviceId, detail?: Detail): void {
		this.#journal.event({
			callId: this.#identity.callId,
			atMs: this.#clock.now(),
			kind,
			...(deviceId === undefined ? {} : { deviceId }),
			...(detail === undefined ? {} : { detail }),
		})
	}

	answered(by: DeviceId): void {
		this.#answered = { atMs: this.#clock.now(), by }
		this.#journal.answered(this.#identity.callId, this.#answered.atMs, by)
	}

	/** The last entry: an answered call was hung up, or the caller got a final refusal. */
	end(outcome: CallOutcome, finalStatus: number, detail: Detail): void {
		this.event('ended', this.#answered?.by, detail)
		this.#journal.end(this.#identity.callId, {
			endedAtMs: this.#clock.now(),
			outcome,
			finalStatus,
			...(this.#answered === undefined ? {} : { answeredAtMs: this.#answered.atMs, answeredBy: this.#answered.by }),
		})
	}
}
