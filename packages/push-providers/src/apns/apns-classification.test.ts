import type { PushOutcomeKind } from '@vigil/domain'
import { describe, expect, it } from 'vitest'
import { classifyApns } from './apns-classification.ts'

/** Every reason that Apple documents, with the status it comes with. */
const TABLE: readonly [number, string, PushOutcomeKind][] = [
	[400, 'BadCollapseId', 'rejected'],
	[400, 'BadDeviceToken', 'dead-token'],
	[400, 'BadExpirationDate', 'rejected'],
	[400, 'BadMessageId', 'rejected'],
	[400, 'BadPriority', 'rejected'],
	[400, 'BadTopic', 'misconfigured'],
	[400, 'DeviceTokenNotForTopic', 'misconfigured'],
	[400, 'DuplicateHeaders', 'rejected'],
	[400, 'IdleTimeout', 'retry'],
	[400, 'InvalidPushType', 'rejected'],
	[400, 'MissingDeviceToken', 'rejected'],
	[400, 'MissingTopic', 'misconfigured'],
	[400, 'PayloadEmpty', 'rejected'],
	[400, 'TopicDisallowed', 'misconfigured'],
	[403, 'BadCertificate', 'misconfigured'],
	[403, 'BadCertificateEnvironment', 'misconfigured'],
	[403, 'BadEnvironmentKeyIdInToken', 'misconfigured'],
	[403, 'ExpiredProviderToken', 'retry'],
	[403, 'Forbidden', 'misconfigured'],
	[403, 'InvalidProviderToken', 'misconfigured'],
	[403, 'MissingProviderToken', 'misconfigured'],
	[403, 'UnrelatedKeyIdInToken', 'misconfigured'],
	[404, 'BadPath', 'rejected'],
	[405, 'MethodNotAllowed', 'rejected'],
	[410, 'ExpiredToken', 'dead-token'],
	[410, 'Unregistered', 'dead-token'],
	[413, 'PayloadTooLarge', 'rejected'],
	[429, 'TooManyProviderTokenUpdates', 'retry'],
	[429, 'TooManyRequests', 'retry'],
	[500, 'InternalServerError', 'retry'],
	[503, 'ServiceUnavailable', 'retry'],
	[503, 'Shutdown', 'retry'],
]

describe('classifyApns', () => {
	it.each(TABLE)('%i %s is %s', (status, reason, kind) => {
		const doubtful = reason === 'BadDeviceToken' ? { doubtful: true } : {}
		expect(classifyApns({ status, reason })).toEqual({ kind, reason, providerStatus: status, ...doubtful })
	})

	it('accepts 200, with the id', () => {
		expect(classifyApns({ status: 200, apnsId: 'id' })).toEqual({
			kind: 'accepted',
			providerStatus: 200,
			providerId: 'id',
		})
	})

	it('knows since when a token is dead', () => {
		expect(classifyApns({ status: 410, reason: 'Unregistered', timestampMs: 5 })).toMatchObject({ deadSinceMs: 5 })
		expect(classifyApns({ status: 503, reason: 'Shutdown', timestampMs: 5 })).not.toHaveProperty('deadSinceMs')
	})

	it.each([
		[400, 'rejected'],
		[403, 'misconfigured'],
		[410, 'dead-token'],
		[418, 'rejected'],
		[429, 'retry'],
		[502, 'retry'],
	] as const)('goes by the status when it does not know the reason: %i is %s', (status, kind) => {
		expect(classifyApns({ status, reason: 'SomethingNew' }).kind).toBe(kind)
		expect(classifyApns({ status })).toMatchObject({ kind, reason: `status ${status}` })
	})
})
