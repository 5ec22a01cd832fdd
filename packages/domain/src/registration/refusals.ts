import type { ResponseView } from '@vigil/sip'

/** RFC 3263 4.3, RFC 3261 21.4.9: no answer in time, or 503 that does not say when to come back. */
export function speaksOfTarget(response: ResponseView): boolean {
	const { status } = response
	return status === 408 || status === 504 || (status === 503 && response.headers.get('Retry-After') === undefined)
}

/**
 * A refusal that a second binding may be the cause of: 403, or words that speak of it. Before it is believed the
 * registrar is asked what it has.
 */
export function maySpeakOfOthers({ status, reason }: ResponseView): boolean {
	return status === 403 || (status >= 480 && /contact|binding|registered|registrations|too many/i.test(reason))
}
