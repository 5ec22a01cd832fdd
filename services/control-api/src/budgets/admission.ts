import type { DeviceId, LoadLevel } from '@vigil/domain'
import type { Clock } from '@vigil/runtime'
import type { FastifyRequest, onRequestAsyncHookHandler } from 'fastify'
import { bearerToken } from '../auth/scopes.ts'
import { digestOf } from '../auth/tokens.ts'
import { RequestProblem } from '../problems/problem-error.ts'
import { refuseIf } from '../problems/refuse-if.ts'
import type { RequestBudgets } from './request-budgets.ts'

export interface AdmissionDeps {
	readonly clock: Clock
	/** How the process fares; as if all were well when left out. */
	readonly load?: () => LoadLevel
	/** Whether the device has a call, or one waits for it. */
	readonly isInCall?: (deviceId: DeviceId) => boolean
}

const SHED_RETRY_SECONDS = 5
const READS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS'])

/** Refuses a token that is beyond its budget before anybody looks it up. */
export function refuseBeyondBudget({ clock }: AdmissionDeps, budgets: RequestBudgets): onRequestAsyncHookHandler {
	return async (request) => {
		const token = bearerToken(request)
		if (token !== undefined) refuseIf(budgets.waitOfToken(digestOf(token), clock.now()))
	}
}

/** Counts the request for whom its token was found to speak. */
export function countRequest({ clock }: AdmissionDeps, budgets: RequestBudgets): onRequestAsyncHookHandler {
	return async (request) => {
		if (request.caller) refuseIf(budgets.take(request.caller, digestOf(bearerToken(request) ?? ''), clock.now()))
	}
}

/**
 * Takes on no change while the process is overloaded. Devices that have a call, or that one waits for, go on, and so does the
 * platform's administrator: whoever runs the service may need a change to end the trouble, and is no stranger who brings it.
 */
export function shedChanges({ load = () => 'normal', isInCall }: AdmissionDeps): onRequestAsyncHookHandler {
	return async (request) => {
		if (load() !== 'overloaded' || READS.has(request.method) || maySpeak(request, isInCall)) return
		throw new RequestProblem('unavailable', {
			detail: 'The service is overloaded and takes on nothing new for a moment.',
			headers: { 'retry-after': String(SHED_RETRY_SECONDS) },
		})
	}
}

function maySpeak({ caller }: FastifyRequest, isInCall: AdmissionDeps['isInCall']): boolean {
	if (caller?.kind === 'admin') return true
	return caller?.kind === 'device' && isInCall?.(caller.device.id) === true
}
