import type { PushOutcomeKind } from '@vigil/domain'
import { badFieldError, type FcmErrorCode, fcmError, notFoundError, unauthenticatedError } from '@vigil/testkit'
import { describe, expect, it } from 'vitest'
import { classifyFcm, isUnauthenticated, parseRetryAfter } from './fcm-classification.ts'

const TABLE: readonly [FcmErrorCode, number, PushOutcomeKind][] = [
	['UNREGISTERED', 404, 'dead-token'],
	['INVALID_ARGUMENT', 400, 'dead-token'],
	['SENDER_ID_MISMATCH', 403, 'misconfigured'],
	['THIRD_PARTY_AUTH_ERROR', 401, 'misconfigured'],
	['QUOTA_EXCEEDED', 429, 'retry'],
	['UNAVAILABLE', 503, 'retry'],
	['INTERNAL', 500, 'retry'],
]

const classify = ({ httpStatus, body }: { httpStatus: number; body: object }, retryAfterMs?: number) =>
	classifyFcm({ status: httpStatus, body, ...(retryAfterMs !== undefined && { retryAfterMs }) })

describe('classifyFcm', () => {
	it.each(TABLE)('%s (%i) is %s', (code, status, kind) => {
		const outcome = classify(fcmError(code))
		expect(outcome).toMatchObject({ kind, providerStatus: status })
		expect(outcome.reason).toMatch(new RegExp(`^${code}: `))
		expect(outcome.doubtful).toBe(code === 'INVALID_ARGUMENT' ? true : undefined)
	})

	it('tells a broken token from a broken message', () => {
		expect(classify(badFieldError('message.android.ttl', 'Illegal duration format')).kind).toBe('rejected')
		expect(classify(badFieldError('message.token', 'not a valid FCM registration token')).kind).toBe('dead-token')
	})

	it('blames the project when the answer does not come from FCM itself', () => {
		expect(classify(unauthenticatedError()).kind).toBe('misconfigured')
		expect(classify(notFoundError('/v1/projects/none/messages:send')).kind).toBe('misconfigured')
		const denied = { error: { code: 403, status: 'PERMISSION_DENIED', message: 'API has not been used in project' } }
		expect(classify({ httpStatus: 403, body: denied }).kind).toBe('misconfigured')
	})

	it.each([
		[400, 'rejected'],
		[413, 'rejected'],
		[429, 'retry'],
		[502, 'retry'],
	] as const)('goes by the status when the body says nothing: %i is %s', (status, kind) => {
		for (const body of ['<html>', undefined, null, {}, { error: 'text' }, { error: { details: [null, 1] } }]) {
			expect(classifyFcm({ status, body })).toMatchObject({ kind, reason: `status ${status}` })
		}
	})

	it('passes on how long to wait, and waits a minute for a quota', () => {
		expect(classify(fcmError('UNAVAILABLE'), 7000).retryAfterMs).toBe(7000)
		expect(classify(fcmError('UNAVAILABLE')).retryAfterMs).toBeUndefined()
		expect(classify(fcmError('QUOTA_EXCEEDED')).retryAfterMs).toBe(60_000)
		expect(classify(fcmError('UNREGISTERED'), 7000).retryAfterMs).toBeUndefined()
	})

	it('keeps reasons short', () => {
		const chatty = { error: { status: 'INTERNAL', message: 'x'.repeat(1000) } }
		expect(classifyFcm({ status: 500, body: chatty }).reason).toHaveLength(200)
	})
})

describe('isUnauthenticated', () => {
	it('is about our access token, not about the keys behind FCM', () => {
		const { httpStatus, body } = fcmError('THIRD_PARTY_AUTH_ERROR')
		expect(isUnauthenticated({ status: httpStatus, body })).toBe(false)
		expect(isUnauthenticated({ status: 401, body: unauthenticatedError().body })).toBe(true)
		expect(isUnauthenticated({ status: 503, body: undefined })).toBe(false)
	})
})

describe('parseRetryAfter', () => {
	it.each([
		[undefined, undefined],
		['0', 0],
		['120', 120_000],
		['Thu, 01 Jan 1970 00:00:10 GMT', 9000],
		['Thu, 01 Jan 1970 00:00:00 GMT', 0],
		['soon', undefined],
	])('%s is %s ms', (value, expected) => {
		expect(parseRetryAfter(value, 1000)).toBe(expected)
	})
})
