import { TransportError, type TransportErrorCode } from '../transport-error.ts'

const CODES: Readonly<Record<string, TransportErrorCode>> = {
	ECONNREFUSED: 'refused',
	ECONNRESET: 'flow-closed',
	EPIPE: 'flow-closed',
	ERR_STREAM_DESTROYED: 'flow-closed',
	ERR_STREAM_WRITE_AFTER_END: 'flow-closed',
	ERR_SOCKET_DGRAM_NOT_RUNNING: 'flow-closed',
	ETIMEDOUT: 'timeout',
	ESOCKETTIMEDOUT: 'timeout',
	EHOSTUNREACH: 'unreachable',
	ENETUNREACH: 'unreachable',
	EHOSTDOWN: 'unreachable',
	ENETDOWN: 'unreachable',
	ENOTFOUND: 'name-not-found',
	EAI_AGAIN: 'name-not-found',
	EAI_NODATA: 'name-not-found',
	EADDRINUSE: 'address-in-use',
	EADDRNOTAVAIL: 'address-not-available',
	EINVAL: 'address-not-available',
	EACCES: 'address-not-available',
	EMSGSIZE: 'too-large',
}

/** OpenSSL's verification errors as Node names them, and Node's own check of the name. */
const CERTIFICATE =
	/CERT_|_CERT|^CERT|SELF_SIGNED|UNABLE_TO_(?:GET|VERIFY|DECRYPT|DECODE)|HOSTNAME_MISMATCH|INVALID_(?:CA|PURPOSE)|PATH_LENGTH/
const TLS = /^ERR_SSL_|^ERR_TLS_|^EPROTO$/

/** The transport error for an error of a Node socket, resolver or TLS stack. */
export function toTransportError(error: unknown): TransportError {
	if (error instanceof TransportError) return error
	const code = codeOf(error)
	const message = error instanceof Error ? error.message : String(error)
	return new TransportError(classify(code), message || code, error)
}

function classify(code: string): TransportErrorCode {
	const known = CODES[code]
	if (known) return known
	if (CERTIFICATE.test(code)) return 'certificate-rejected'
	return TLS.test(code) ? 'tls-failed' : 'socket-error'
}

/** Connecting to a name with several addresses gives an AggregateError; its first cause stands for all. */
function codeOf(error: unknown): string {
	if (error instanceof AggregateError && error.errors.length > 0) return codeOf(error.errors[0])
	const code = (error as { code?: unknown } | null | undefined)?.code
	return typeof code === 'string' ? code : ''
}
