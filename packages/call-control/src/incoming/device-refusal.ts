import { DEVICE_STATUS_HEADER } from '@vigil/contracts'
import type { SipResponse } from '@vigil/sip'

/** What a device's leg was refused with. */
export interface DeviceRefusal {
	/** For the caller. */
	readonly status: number
	/** For the caller; undefined where a response of our own with that status is better. */
	readonly response: SipResponse | undefined
	/** It speaks of the way to the device and not of its user. */
	readonly isUnreachable: boolean
	/** The edge knows no such device: it was removed, and no push brings it back. */
	readonly isRemoved: boolean
}

/**
 * What the edge and those before it say of the way to a device: no answer at all (408), it could not be forwarded (502, 503, 504),
 * its flow is gone (430, RFC 5626 11.5), there is no such device (404, 410), the way that was stored is none any more (403),
 * the edge is in trouble (500).
 */
const OF_THE_WAY: ReadonlySet<number> = new Set([403, 404, 408, 410, 430, 500, 502, 503, 504])
const REMOVED: ReadonlySet<number> = new Set([404, 410])

/**
 * Reads a refusal. The same status means another thing from a phone than from the edge: a softphone that is being closed says
 * 503, one whose user part is another says 404, one that rang for long enough 408; these are its answer to the call.
 * `noAnswer`: there was none.
 */
export function readRefusal(response: SipResponse, noResponse: boolean): DeviceRefusal {
	const { status } = response
	const said = response.headers.get(DEVICE_STATUS_HEADER)
	if (noResponse || said === undefined) {
		const isUnreachable = noResponse || OF_THE_WAY.has(status)
		return { status, response, isUnreachable, isRemoved: !noResponse && REMOVED.has(status) }
	}
	// 480, not 503: a proxy takes a 503 for the state of all of us and not of this one phone (RFC 3261 21.5.4).
	if (said === '503') return { status: 480, response: undefined, isUnreachable: false, isRemoved: false }
	const headers = response.headers.clone().remove(DEVICE_STATUS_HEADER)
	return { status, response: { ...response, headers }, isUnreachable: false, isRemoved: false }
}
