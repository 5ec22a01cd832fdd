import type { PushJob } from '@vigil/contracts'
import type {
	CallEventKind,
	CallId,
	DeviceId,
	PushApp,
	PushBudgetScope,
	PushOutcome,
	PushToken,
	WakeResult,
} from '@vigil/domain'
import type { EventJournal } from './event-journal.ts'

type Detail = Readonly<Record<string, string | number | boolean>>

/** Longest text of a provider that goes into the record. */
const MAX_REASON_LENGTH = 200

/** One request as the record shows it; of the token only its kind. */
export interface Attempt {
	readonly number: number
	readonly token: PushToken
	/** Undefined when the app could not be opened and nothing was sent. */
	readonly app: PushApp | undefined
}

/** Records what was done to wake a device for a call; a push for no call leaves no record here. */
export class PushEvidence {
	readonly #journal: EventJournal
	readonly #job: PushJob

	constructor(journal: EventJournal, job: PushJob) {
		this.#journal = journal
		this.#job = job
	}

	/** No push is sent for this call: another one wakes the device for it too. */
	shared(by: PushJob, atMs: number): void {
		this.#record('push.shared', atMs, { wokenBy: by.pushId })
	}

	/** No push is sent, because a budget does not allow one. */
	overBudget(scope: PushBudgetScope, atMs: number): void {
		this.#record('push.refused', atMs, { outcome: 'over-budget', reason: `too many pushes of the ${scope}` })
	}

	sent(attempt: Attempt, atMs: number): void {
		this.#record('push.sent', atMs, attemptDetail(attempt))
	}

	answered(attempt: Attempt, outcome: PushOutcome, atMs: number): void {
		const kind = outcome.kind === 'accepted' ? 'push.accepted' : 'push.refused'
		this.#record(kind, atMs, { ...attemptDetail(attempt), ...outcomeDetail(outcome) })
	}

	/** The job ended without a single request; requests have left their own record. */
	finished(result: WakeResult, atMs: number): void {
		if (result.attempts > 0 || result.kind === 'needless') return
		// There is nothing to tell a device that has no token for it.
		if (this.#job.intent === 'call-cancelled' && result.kind === 'no-token') return
		this.#record('push.refused', atMs, { outcome: result.kind, reason: REASONS[result.kind] ?? result.kind })
	}

	#record(kind: CallEventKind, atMs: number, detail: Detail): void {
		const job = this.#job
		if (job.intent === 'test' || job.intent === 'refresh') return
		const { pushId, intent } = job
		this.#journal.record({
			callId: job.callId as CallId,
			deviceId: job.deviceId as DeviceId,
			atMs,
			kind,
			detail: { pushId, ...(intent !== 'call' && { intent }), ...detail },
		})
	}
}

const REASONS: Partial<Record<WakeResult['kind'], string>> = {
	expired: 'the deadline was over before a push could be sent',
	'no-device': 'the device does not exist',
	'no-token': 'the device has no usable push token',
	unavailable: 'the device could not be read in time',
	abandoned: 'the service stopped',
}

function attemptDetail({ number, token, app }: Attempt): Detail {
	return { attempt: number, tokenKind: token.kind, ...(app && { provider: app.settings.provider, app: app.name }) }
}

function outcomeDetail(outcome: PushOutcome): Detail {
	const { kind, providerStatus, reason, providerId } = outcome
	return {
		outcome: kind,
		...(providerStatus !== undefined && { status: providerStatus }),
		...(reason !== undefined && { reason: reason.slice(0, MAX_REASON_LENGTH) }),
		...(providerId !== undefined && { providerId }),
	}
}
