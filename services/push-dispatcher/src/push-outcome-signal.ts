import type { PushJob, SignalPayload } from '@vigil/contracts'
import type { WakeResult } from '@vigil/domain'

type PushOutcomeSignal = SignalPayload<'push.outcome'>

/**
 * What the owner of the call is told when a wake is over: never of a token that gave way to another. Undefined when
 * nobody waits for it (other intents), or when the call goes on without the push.
 */
export function pushOutcomeSignal(job: PushJob, result: WakeResult): PushOutcomeSignal | undefined {
	if (job.intent !== 'call') return undefined
	const ended = outcomeOf(result)
	return ended && { callId: job.callId, deviceId: job.deviceId, pushId: job.pushId, ...ended }
}

function outcomeOf({ kind, outcome }: WakeResult): Pick<PushOutcomeSignal, 'outcome' | 'reason'> | undefined {
	switch (kind) {
		case 'accepted':
			return { outcome: 'accepted' }
		case 'refused':
			return { outcome: outcome?.kind ?? 'rejected', ...(outcome?.reason !== undefined && { reason: outcome.reason }) }
		case 'no-device':
			return { outcome: 'rejected', reason: 'the device does not exist' }
		case 'no-token':
			return { outcome: 'dead-token', reason: 'the device has no usable push token' }
		case 'expired':
			return { outcome: 'expired' }
		case 'unavailable':
			return { outcome: 'retry', reason: 'the device could not be read in time' }
		// The phone may wake all the same.
		case 'unanswered':
		case 'needless':
		case 'abandoned':
			return undefined
	}
}
