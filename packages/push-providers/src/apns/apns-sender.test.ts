import { generateKeyPairSync } from 'node:crypto'
import { Secret } from '@vigil/domain'
import { type ApnsServer, startApnsServer, testAuthority, until } from '@vigil/testkit'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { APNS_TOKEN, apnsSettings, callAttempt, publicKey, SIGNING_KEY } from '../../test/attempts.ts'
import { UnusablePushAppError } from '../app-sender.ts'
import { parseEndpoint } from '../endpoint.ts'
import { ApnsSender } from './apns-sender.ts'

const authority = await testAuthority()
let server: ApnsServer
let sender: ApnsSender

beforeEach(async () => {
	server = await startApnsServer({ publicKey, authority })
	sender = senderFor(server.endpoint)
})

afterEach(async () => {
	await sender.close()
	await server.close()
})

function senderFor(endpoint: string, requestTimeoutMs = 1500): ApnsSender {
	return new ApnsSender(apnsSettings({ endpoint, endpointCa: server.ca }), SIGNING_KEY, { requestTimeoutMs })
}

/** For an app of that environment at two servers, of which the first plays it. */
function senderOf(environment: 'production' | 'sandbox', own: ApnsServer, other: ApnsServer): ApnsSender {
	const [a, b] = [parseEndpoint(own.endpoint), parseEndpoint(other.endpoint)]
	const hosts = environment === 'production' ? { production: a, sandbox: b } : { production: b, sandbox: a }
	return new ApnsSender(apnsSettings({ environment, endpointCa: own.ca }), SIGNING_KEY, { hosts })
}

const statuses = () => server.requests.map((request) => request.status)

describe('ApnsSender', () => {
	it('sends a VoIP push that Apple would take, signed with the key', async () => {
		const attempt = callAttempt('voip')
		const outcome = await sender.send(attempt)
		expect(outcome).toMatchObject({ kind: 'accepted', providerStatus: 200 })
		const [request] = server.accepted
		expect(request).toMatchObject({ token: APNS_TOKEN, providerToken: { keyId: 'KEY1234567', teamId: 'TEAM123456' } })
		expect(request?.headers).toMatchObject({
			'apns-topic': 'com.example.phone.voip',
			'apns-push-type': 'voip',
			'apns-priority': '10',
			'apns-expiration': `${Math.floor(attempt.deadlineMs / 1000)}`,
			'apns-id': outcome.providerId,
		})
		expect(request?.payload).toMatchObject({ aps: {}, vigil: { event: 'call', sipCallId: 'abc@upstream' } })
	})

	it('uses one connection for many pushes', async () => {
		await Promise.all(Array.from({ length: 20 }, (_, i) => sender.send(callAttempt('voip', { pushId: `push-${i}` }))))
		expect(server.accepted).toHaveLength(20)
		expect(new Set(server.requests.map((request) => request.connection))).toEqual(new Set([1]))
	})

	it('learns that a token is dead, and since when', async () => {
		server.respondToToken(APNS_TOKEN, {
			kind: 'refuse',
			status: 410,
			reason: 'Unregistered',
			timestampMs: 1_767_225_600_000,
		})
		expect(await sender.send(callAttempt('voip'))).toMatchObject({
			kind: 'dead-token',
			providerStatus: 410,
			reason: 'Unregistered',
			deadSinceMs: 1_767_225_600_000,
		})
	})

	it.each([
		[429, 'TooManyRequests', 'retry'],
		[500, 'InternalServerError', 'retry'],
		[503, 'ServiceUnavailable', 'retry'],
		[403, 'InvalidProviderToken', 'misconfigured'],
		[400, 'DeviceTokenNotForTopic', 'misconfigured'],
		[413, 'PayloadTooLarge', 'rejected'],
	] as const)('takes %i %s as %s and does not insist', async (status, reason, kind) => {
		server.respondNext({ kind: 'refuse', status, reason })
		expect(await sender.send(callAttempt('voip'))).toMatchObject({ kind, providerStatus: status })
		expect(statuses()).toEqual([status])
	})

	it('signs anew and repeats once when the provider token is outdated', async () => {
		server.respondNext({ kind: 'refuse', status: 403, reason: 'ExpiredProviderToken' })
		expect(await sender.send(callAttempt('voip'))).toMatchObject({ kind: 'accepted' })
		expect(statuses()).toEqual([403, 200])
		server.respondNext({ kind: 'refuse', status: 403, reason: 'ExpiredProviderToken' }, 2)
		expect(await sender.send(callAttempt('voip'))).toMatchObject({ kind: 'retry', reason: 'ExpiredProviderToken' })
	})

	it.each(['reset', 'drop'] as const)('repeats once when the stream or connection breaks (%s)', async (kind) => {
		server.respondNext({ kind })
		expect(await sender.send(callAttempt('voip'))).toMatchObject({ kind: 'accepted' })
		expect(statuses()).toEqual([undefined, 200])
		expect(new Set(server.requests.map((request) => request.headers['apns-id'])).size).toBe(1)
	})

	it('survives the end of its connection between pushes', async () => {
		await sender.send(callAttempt('voip'))
		server.goAway()
		expect(await sender.send(callAttempt('voip'))).toMatchObject({ kind: 'accepted' })
		server.dropConnections()
		await until(() => server.openConnections === 0)
		expect(await sender.send(callAttempt('voip'))).toMatchObject({ kind: 'accepted' })
	})

	it('does not wait for an answer that does not come', async () => {
		const hasty = senderFor(server.endpoint, 100)
		server.respondNext({ kind: 'silence' }, 2)
		expect(await hasty.send(callAttempt('voip'))).toEqual({
			kind: 'retry',
			reason: 'no answer in time',
			unanswered: true,
		})
		expect(server.requests).toHaveLength(2)
		const [first, second] = server.requests.map(({ headers }) => [headers['apns-id'], headers['apns-collapse-id']])
		expect(second).toEqual(first)
		expect(new Set(first).size).toBe(1)
		await hasty.close()
	})

	it('says that a push may have been taken when only its repetition was refused', async () => {
		const hasty = senderFor(server.endpoint, 100)
		server.respondNext({ kind: 'silence' })
		server.respondNext({ kind: 'refuse', status: 503, reason: 'ServiceUnavailable' })
		expect(await hasty.send(callAttempt('voip'))).toMatchObject({ kind: 'retry', unanswered: true })
		await hasty.close()
	})

	it('says when nobody listens', async () => {
		const lost = senderFor('127.0.0.1:1')
		expect(await lost.send(callAttempt('voip'))).toEqual({ kind: 'retry', reason: 'ECONNREFUSED' })
		await lost.close()
	})

	it('does not talk to a server that it cannot trust', async () => {
		const wary = new ApnsSender(apnsSettings({ endpoint: server.endpoint }), SIGNING_KEY)
		expect(await wary.send(callAttempt('voip'))).toMatchObject({
			kind: 'retry',
			reason: expect.stringMatching(/CERT|SIGNATURE/),
		})
		expect(server.requests).toEqual([])
		await wary.close()
	})

	it('sends nothing that cannot be sent', async () => {
		const outcome = await sender.send(callAttempt('voip', { intent: 'call-cancelled' }))
		expect(outcome).toEqual({ kind: 'rejected', reason: 'APNs has no push for a call that ended' })
		expect(server.requests).toEqual([])
	})

	it.each([
		['no key at all', 'AuthKey_KEY1234567.p8', /not in PEM form/],
		['a broken key', '-----BEGIN PRIVATE KEY-----\nbm90IGEga2V5\n-----END PRIVATE KEY-----', /curve P-256/],
		['a key of another kind', rsaKey(), /curve P-256/],
	])('refuses %s, without quoting it', (_what, key, expected) => {
		const make = () => new ApnsSender(apnsSettings(), new Secret(key))
		expect(make).toThrow(UnusablePushAppError)
		expect(make).toThrow(expected)
		expect(make).not.toThrow(key.slice(0, 60))
	})

	it('refuses an endpoint that is none', () => {
		expect(() => senderFor('relay.example.com')).toThrow('the endpoint is not host:port')
	})
})

function rsaKey(): string {
	return generateKeyPairSync('rsa', { modulusLength: 2048 })
		.privateKey.export({ type: 'pkcs8', format: 'pem' })
		.toString()
}

describe('a token that the environment does not know', () => {
	const UNKNOWN = { kind: 'refuse', status: 400, reason: 'BadDeviceToken' } as const
	const attempt = (pushId: string) => callAttempt('voip', { pushId })
	let other: ApnsServer
	let both: ApnsSender

	beforeEach(async () => {
		other = await startApnsServer({ publicKey, authority })
		both = senderOf('production', server, other)
		server.respondToToken(APNS_TOKEN, UNKNOWN)
	})

	afterEach(async () => {
		await both.close()
		await other.close()
	})

	it('is tried at the other one, and there first from then on', async () => {
		expect(await both.send(attempt('1'))).toMatchObject({ kind: 'accepted', reason: 'the token is one of sandbox' })
		expect(await both.send(attempt('2'))).toMatchObject({ kind: 'accepted', reason: 'the token is one of sandbox' })
		expect([server.requests.length, other.accepted.length]).toEqual([1, 2])
	})

	it('goes back to its own when that takes it again', async () => {
		await both.send(attempt('1'))
		server.respondToToken(APNS_TOKEN, { kind: 'accept' })
		other.respondToToken(APNS_TOKEN, UNKNOWN)
		expect(await both.send(attempt('2'))).not.toHaveProperty('reason')
		expect(await both.send(attempt('3'))).toMatchObject({ kind: 'accepted' })
		expect(other.requests).toHaveLength(2)
	})

	it('is unknown when the other one does not know it either, each asked once', async () => {
		other.respondToToken(APNS_TOKEN, UNKNOWN)
		const outcome = { kind: 'dead-token', reason: 'BadDeviceToken', doubtful: true }
		expect(await both.send(attempt('1'))).toMatchObject(outcome)
		expect([server.requests.length, other.requests.length]).toEqual([1, 1])
	})

	it('is dead when the other one knows that', async () => {
		other.respondToToken(APNS_TOKEN, { kind: 'refuse', status: 410, reason: 'Unregistered', timestampMs: 5 })
		const outcome = await both.send(attempt('1'))
		expect(outcome).toMatchObject({ kind: 'dead-token', reason: 'Unregistered', deadSinceMs: 5 })
		expect(outcome).not.toHaveProperty('doubtful')
	})

	it('is what its own environment says when the other one refuses for another reason', async () => {
		other.respondToToken(APNS_TOKEN, { kind: 'refuse', status: 403, reason: 'BadEnvironmentKeyIdInToken' })
		expect(await both.send(attempt('1'))).toMatchObject({ reason: 'BadDeviceToken', doubtful: true })
	})

	it('is not tried elsewhere at an endpoint of the tenant’s own', async () => {
		expect(await sender.send(attempt('1'))).toMatchObject({ reason: 'BadDeviceToken', doubtful: true })
		expect(server.requests).toHaveLength(1)
	})
})
