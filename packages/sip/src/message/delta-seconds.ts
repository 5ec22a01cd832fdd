/** The largest delta-seconds (RFC 3261 20.19: "between 0 and (2**32)-1"). */
const MAX_DELTA_SECONDS = 2 ** 32 - 1

/**
 * Reads seconds as Expires, Min-Expires, Retry-After and the `expires` parameter carry them. A number beyond 2^32 - 1
 * counts as that; a comment or parameters behind it, as in `Retry-After: 60 (in maintenance);duration=3600`, are left alone.
 * Undefined when there is no number: RFC 3261 10.3 then takes the default for a Contact.
 */
export function parseDeltaSeconds(text: string): number | undefined {
	const digits = /^[ \t]*(\d+)[ \t]*(?:[;(].*)?$/s.exec(text)?.[1]
	return digits === undefined ? undefined : Math.min(Number(digits), MAX_DELTA_SECONDS)
}
