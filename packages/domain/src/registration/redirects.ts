import { headerList, paramText, parseNameAddr, parseUri, type ResponseView } from '@vigil/sip'
import type { Registration } from './types.ts'

/**
 * Where a 3xx sends the REGISTER (RFC 3261 8.1.3.4): to the SIP contact with the highest `q` that it is not sent to already,
 * and there until the final answer, through challenges and whatever else the target asks for (22.2). It takes no answer
 * along to a challenge of the server that it leaves. Undefined when the 3xx names none.
 */
export function redirected(state: Registration, response: ResponseView): Registration | undefined {
	const offered = headerList(response.headers, 'Contact')
		.flatMap((text) => parseNameAddr(text) ?? [])
		.filter(({ uri }) => uri !== state.redirectUri && parseUri(uri)?.scheme === 'sip')
		.toSorted((one, other) => preference(other.params) - preference(one.params))
	const [first] = offered
	return first && { ...state, redirectUri: first.uri, challenges: [], newlyAnswered: [] }
}

/** RFC 3261 20.10: between 0 and 1, 1 where nothing is said. */
function preference(params: ReadonlyMap<string, string | true>): number {
	const q = Number(paramText(params, 'q') ?? 1)
	return Number.isNaN(q) ? 0 : q
}
