/** What went wrong below SIP. A caller decides by this, never by message text. */
export type TransportErrorCode =
	| 'refused'
	| 'timeout'
	| 'unreachable'
	| 'name-not-found'
	/** The egress policy refuses every address of the target. */
	| 'not-allowed'
	/** The other side has not shown that it speaks SIP. */
	| 'not-sip'
	| 'certificate-rejected'
	| 'tls-failed'
	| 'upgrade-refused'
	| 'address-in-use'
	| 'address-not-available'
	| 'too-large'
	| 'congested'
	| 'flow-closed'
	| 'manager-closed'
	| 'socket-error'

/** A failure of a socket, a name or a flow. */
export class TransportError extends Error {
	readonly code: TransportErrorCode

	constructor(code: TransportErrorCode, message: string, cause?: unknown) {
		super(message, cause === undefined ? undefined : { cause })
		this.name = 'TransportError'
		this.code = code
	}

	/** Whether another attempt, or another server of the same domain (RFC 3263 4.3), may succeed with nothing changed. */
	get retryable(): boolean {
		return !PERMANENT.has(this.code)
	}
}

const PERMANENT: ReadonlySet<TransportErrorCode> = new Set([
	'certificate-rejected',
	'address-in-use',
	'address-not-available',
	'too-large',
	'manager-closed',
])
