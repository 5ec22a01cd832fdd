import { retryAfterSeconds } from '@vigil/domain'
import type { ResponseView } from '@vigil/sip'

/** The wait that the response asks for, milliseconds. */
export function retryAfterMs(response: ResponseView): number | undefined {
	const seconds = retryAfterSeconds(response.headers.get('Retry-After'))
	return seconds === undefined ? undefined : seconds * 1000
}
