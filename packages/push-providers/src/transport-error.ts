import { EGRESS_REFUSED } from '@vigil/runtime'

const MAX_DEPTH = 5

/**
 * Names a failure of the connection in words fit for a log: the system's code and our own words, never the
 * message of a library, which may quote a credential.
 */
export function transportReason(error: unknown): string {
	let reason = 'connection failed'
	// The deepest cause says most: a refused connection is reported as a cancelled stream first.
	for (let cause: unknown = error, depth = 0; cause && depth < MAX_DEPTH; cause = causeOf(cause), depth++) {
		const code = (cause as { code?: unknown }).code
		if (typeof code === 'string' && /^[A-Z][A-Z0-9_]*$/.test(code)) reason = code
	}
	return reason
}

const CONNECTION_NEVER_OPENED: ReadonlySet<string> = new Set([
	'ECONNREFUSED',
	'ENOTFOUND',
	'EAI_AGAIN',
	'EHOSTUNREACH',
	'ENETUNREACH',
	'EADDRNOTAVAIL',
	EGRESS_REFUSED,
])

/**
 * Whether a failure of that reason came before the provider could read the request: there was no connection, or its certificate was
 * refused. After any other the push may be on its way to the phone.
 */
export function wasNeverSent(reason: string): boolean {
	return CONNECTION_NEVER_OPENED.has(reason) || /CERT|SIGNATURE/.test(reason)
}

/** The next error down: the standard property, or the method that some libraries have instead. */
function causeOf(error: unknown): unknown {
	const { cause } = error as { cause?: unknown }
	return typeof cause === 'function' ? cause.call(error) : cause
}
