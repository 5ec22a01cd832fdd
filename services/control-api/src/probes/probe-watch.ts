import type { SignalPayload } from '@vigil/contracts'
import type { AccountId } from '@vigil/domain'
import type { Clock, RandomSource } from '@vigil/runtime'
import type { ProbeAsker, SignalPublisher } from '../deps.ts'

/** What became of a probe: a report, or why there is none. */
export type ProbeResult = Omit<SignalPayload<'probe.done'>, 'probeId'>

interface ProbeSignals extends SignalPublisher {
	subscribe(
		topic: 'probe.done',
		handler: (payload: SignalPayload<'probe.done'>) => void | Promise<void>,
	): Promise<() => Promise<void>>
}

/** Asks the worker that runs an account, and hears what came of it. */
export interface ProbeWatch extends ProbeAsker {
	close(): Promise<void>
}

/** Starts to listen for the outcomes of probes. */
export async function watchProbes(
	signals: ProbeSignals,
	{ clock, random }: { readonly clock: Clock; readonly random: RandomSource },
): Promise<ProbeWatch> {
	const waiting = new Map<string, (result: ProbeResult) => void>()
	const unsubscribe = await signals.subscribe('probe.done', ({ probeId, ...result }) => waiting.get(probeId)?.(result))
	return {
		ask: async (accountId: AccountId, force, timeoutMs) => {
			const probeId = random.uuid()
			const { promise, resolve } = Promise.withResolvers<ProbeResult | undefined>()
			waiting.set(probeId, resolve)
			const timer = clock.setTimer(timeoutMs, () => resolve(undefined))
			try {
				await signals.publish('probe.asked', { accountId, probeId, force })
				return await promise
			} finally {
				clock.clearTimer(timer)
				waiting.delete(probeId)
			}
		},
		close: unsubscribe,
	}
}
