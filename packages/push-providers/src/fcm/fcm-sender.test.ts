import { generateKeyPairSync } from 'node:crypto'
import { Secret } from '@vigil/domain'
import { type FcmServer, startFcmServer, until, VirtualClock } from '@vigil/testkit'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ACCESS_TOKEN, callAttempt, fcmSettings } from '../../test/attempts.ts'
import { UnusablePushAppError } from '../app-sender.ts'
import { FcmSender, type FcmSenderOptions } from './fcm-sender.ts'

let server: FcmServer
let sender: FcmSender

beforeEach(async () => {
	server = await startFcmServer()
	sender = senderFor(server.endpoint)
})

afterEach(async () => {
	await sender.close()
	await server.close()
})

function senderFor(endpoint: string, options: FcmSenderOptions = {}): FcmSender {
	return new FcmSender(fcmSettings({ endpoint, endpointCa: server.ca }), ACCESS_TOKEN, options)
}

const statuses = () => server.requests.map((request) => request.status)

describe('FcmSender', () => {
	it('sends a data message that Google would take, to the endpoint', async () => {
		const outcome = await sender.send(callAttempt('fcm'))
		expect(outcome).toEqual({
			kind: 'accepted',
			providerStatus: 200,
			providerId: 'projects/example-phone/messages/0:1',
		})
		const [request] = server.accepted
		expect(request).toMatchObject({
			projectId: 'example-phone',
			accessToken: 'static-access-token',
			token: 'fcm-token',
		})
		expect(request?.message).toMatchObject({
			android: { priority: 'high', collapse_key: 'call-1', data: { event: 'call', sipCallId: 'abc@upstream' } },
		})
		expect(request?.message).not.toHaveProperty('notification')
	})

	it('keeps its connection', async () => {
		for (let i = 0; i < 3; i++) await sender.send(callAttempt('fcm'))
		expect(server.requests.map((request) => request.connection)).toEqual([1, 1, 1])
	})

	it.each([
		['UNREGISTERED', 404, 'dead-token'],
		['INVALID_ARGUMENT', 400, 'dead-token'],
		['SENDER_ID_MISMATCH', 403, 'misconfigured'],
		['THIRD_PARTY_AUTH_ERROR', 401, 'misconfigured'],
		['QUOTA_EXCEEDED', 429, 'retry'],
		['INTERNAL', 500, 'retry'],
		['UNAVAILABLE', 503, 'retry'],
	] as const)('takes %s (%i) as %s and does not insist', async (code, status, kind) => {
		server.respondNext({ kind: 'refuse', code })
		expect(await sender.send(callAttempt('fcm'))).toMatchObject({ kind, providerStatus: status })
		expect(statuses()).toEqual([status])
	})

	it('hears how long to wait, and lets the SDK neither wait nor try again', async () => {
		server.respondNext({ kind: 'refuse', code: 'UNAVAILABLE', retryAfterSeconds: 7 })
		expect(await sender.send(callAttempt('fcm'))).toMatchObject({ kind: 'retry', retryAfterMs: 7000 })
		server.respondNext({ kind: 'refuse', code: 'UNAVAILABLE' })
		await sender.send(callAttempt('fcm'))
		await sender.send(callAttempt('fcm', { pushId: 'push-2' }))
		expect(statuses()).toEqual([503, 503, 200])
	})

	it('repeats once when the connection breaks before there is an answer', async () => {
		server.respondNext({ kind: 'drop' })
		expect(await sender.send(callAttempt('fcm'))).toMatchObject({ kind: 'accepted' })
		server.respondNext({ kind: 'drop' }, 5)
		expect(await sender.send(callAttempt('fcm'))).toMatchObject({ kind: 'retry' })
		expect(statuses()).toEqual([undefined, 200, undefined, undefined])
	})

	it('asks once for a new access token when the old one is refused', async () => {
		server.respondNext({ kind: 'unauthenticated' })
		expect(await sender.send(callAttempt('fcm'))).toMatchObject({ kind: 'accepted' })
		server.respondNext({ kind: 'unauthenticated' }, 2)
		expect(await sender.send(callAttempt('fcm'))).toMatchObject({ kind: 'misconfigured', providerStatus: 401 })
		expect(statuses()).toEqual([401, 200, 401, 401])
	})

	it('cuts a request that is not answered in time', async () => {
		const clock = new VirtualClock(Date.now())
		const patient = senderFor(server.endpoint, { clock, requestTimeoutMs: 3000 })
		server.respondNext({ kind: 'silence' })
		const sending = patient.send(callAttempt('fcm', { deadlineMs: clock.now() + 10_000 }))
		await until(() => server.requests.length === 1)
		await clock.advance(3000)
		expect(await sending).toEqual({ kind: 'retry', reason: 'no answer in time', unanswered: true })
		await until(() => server.openConnections === 0)
		expect(clock.pendingTimers).toBe(0)
		await patient.close()
	})

	it('says when nobody listens', async () => {
		const lost = senderFor('127.0.0.1:1')
		expect(await lost.send(callAttempt('fcm'))).toEqual({ kind: 'retry', reason: 'ECONNREFUSED' })
		await lost.close()
	})

	it('does not talk to a server that it cannot trust', async () => {
		const wary = new FcmSender(fcmSettings({ endpoint: server.endpoint }), ACCESS_TOKEN)
		expect(await wary.send(callAttempt('fcm'))).toMatchObject({
			kind: 'retry',
			reason: expect.stringMatching(/CERT|SIGNATURE/),
		})
		expect(server.requests).toEqual([])
		await wary.close()
	})

	it('demands that an endpoint proves its own name', async () => {
		const other = senderFor(server.endpoint.replace('127.0.0.1', 'localhost'))
		expect(await other.send(callAttempt('fcm'))).toMatchObject({ kind: 'accepted' })
		await other.close()
	})

	it('sends nothing that cannot be sent', async () => {
		expect(await sender.send(callAttempt('voip'))).toMatchObject({ kind: 'rejected' })
		expect(server.requests).toEqual([])
	})

	it.each([
		['no JSON', 'AIza-legacy-server-key'],
		['neither kind of secret', '{"type":"service_account"}'],
		['a broken private key', '{"client_email":"x@example.com","private_key":"-----BEGIN PRIVATE KEY-----"}'],
	])('refuses %s, without quoting it', (_what, secret) => {
		const make = () => new FcmSender(fcmSettings(), new Secret(secret))
		expect(make).toThrow(UnusablePushAppError)
		expect(make).not.toThrow(secret)
	})

	it('takes a service account', async () => {
		const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
		const key = privateKey.export({ type: 'pkcs8', format: 'pem' })
		const account = { type: 'service_account', client_email: 'push@example.iam.gserviceaccount.com', private_key: key }
		await new FcmSender(fcmSettings(), new Secret(JSON.stringify(account))).close()
	})
})
