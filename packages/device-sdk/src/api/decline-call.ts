import { declineCallResponseSchema } from '@vigil/contracts'
import type { Timers } from '../timers.ts'
import type { ApiClient } from './api-client.ts'
import { ApiError, NetworkError } from './errors.ts'

/** Pauses between the tries, milliseconds. */
const PAUSES_MS = [200, 400, 800, 1600]

/**
 * Refuses a call through the control API. A push may overtake the record of its call (404), and the network of a phone
 * that has just woken may fail; both pass, so it is tried again for a few seconds. A call that is over needs no refusal.
 *
 * @throws ApiError, NetworkError, UnexpectedResponseError
 */
export async function declineCall(api: ApiClient, timers: Timers, callId: string): Promise<void> {
	const path = `/v1/calls/${encodeURIComponent(callId)}/decline`
	for (const pauseMs of [...PAUSES_MS, undefined]) {
		try {
			await api.request({ method: 'POST', path, response: declineCallResponseSchema })
			return
		} catch (error) {
			if (isOver(error)) return
			if (!mayPass(error) || pauseMs === undefined) throw error
			await new Promise<void>((resolve) => timers.setTimer(pauseMs, resolve))
		}
	}
}

function isOver(error: unknown): boolean {
	return error instanceof ApiError && error.status === 409
}

function mayPass(error: unknown): boolean {
	return error instanceof NetworkError || (error instanceof ApiError && (error.status === 404 || error.status >= 500))
}
