import { describe, expect, it } from 'vitest'
import { TransportError } from '../transport-error.ts'
import { toTransportError } from './socket-error.ts'

function systemError(code: string): Error {
	return Object.assign(new Error(`failed: ${code}`), { code })
}

describe('toTransportError', () => {
	it.each([
		['ECONNREFUSED', 'refused', true],
		['ECONNRESET', 'flow-closed', true],
		['ETIMEDOUT', 'timeout', true],
		['ENETUNREACH', 'unreachable', true],
		['ENOTFOUND', 'name-not-found', true],
		['EADDRINUSE', 'address-in-use', false],
		['EMSGSIZE', 'too-large', false],
		['DEPTH_ZERO_SELF_SIGNED_CERT', 'certificate-rejected', false],
		['SELF_SIGNED_CERT_IN_CHAIN', 'certificate-rejected', false],
		['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'certificate-rejected', false],
		['CERT_HAS_EXPIRED', 'certificate-rejected', false],
		['ERR_TLS_CERT_ALTNAME_INVALID', 'certificate-rejected', false],
		['ERR_SSL_WRONG_VERSION_NUMBER', 'tls-failed', true],
		['EPROTO', 'tls-failed', true],
		['ENOBUFS', 'socket-error', true],
	])('%s is %s (worth another try: %s)', (code, expected, retryable) => {
		const error = toTransportError(systemError(code))
		expect(error).toMatchObject({ code: expected, retryable, cause: { code } })
	})

	it('keeps a transport error and takes the first of several causes', () => {
		const own = new TransportError('congested', 'x')
		expect(toTransportError(own)).toBe(own)
		expect(toTransportError(new AggregateError([systemError('ECONNREFUSED')])).code).toBe('refused')
		expect(toTransportError('odd')).toMatchObject({ code: 'socket-error', message: 'odd' })
	})
})
