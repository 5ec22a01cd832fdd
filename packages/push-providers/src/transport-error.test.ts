import { describe, expect, it } from 'vitest'
import { transportReason } from './transport-error.ts'

const coded = (code: unknown, cause?: unknown) => Object.assign(new Error('secret text', { cause }), { code })

describe('transportReason', () => {
	it.each([
		[coded('ECONNREFUSED'), 'ECONNREFUSED'],
		[coded('ERR_HTTP2_STREAM_CANCEL', coded('ECONNREFUSED')), 'ECONNREFUSED'],
		[coded('app/network-error', coded('ENOTFOUND')), 'ENOTFOUND'],
		[Object.assign(new Error('wrapped'), { cause: () => coded('EPIPE') }), 'EPIPE'],
		[new Error('secret text'), 'connection failed'],
		[coded(404), 'connection failed'],
		['text', 'connection failed'],
		[undefined, 'connection failed'],
	])('names the deepest system error, never a message (%#)', (error, expected) => {
		expect(transportReason(error)).toBe(expected)
	})

	it('is not caught in a circle', () => {
		const error: Error & { cause?: unknown } = new Error('x')
		error.cause = error
		expect(transportReason(error)).toBe('connection failed')
	})
})
