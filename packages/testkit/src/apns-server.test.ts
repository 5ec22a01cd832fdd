import { generateKeyPairSync, sign } from 'node:crypto'
import { once } from 'node:events'
import { type ClientHttp2Session, connect } from 'node:http2'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type ApnsServer, startApnsServer } from './apns-server.ts'
import { until } from './until.ts'

const TOKEN = 'ab'.repeat(32)
const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })

function jwt(claims: object = {}, header: object = {}, key = privateKey): string {
	const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
	const signed = `${encode({ alg: 'ES256', kid: 'KEY', ...header })}.${encode({ iss: 'TEAM', iat: Math.floor(Date.now() / 1000), ...claims })}`
	return `${signed}.${sign('sha256', Buffer.from(signed), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`
}

let server: ApnsServer
let client: ClientHttp2Session

beforeEach(async () => {
	server = await startApnsServer({ publicKey })
	client = connect(`https://${server.endpoint}`, { ca: server.ca })
	client.on('error', () => {})
})

afterEach(async () => {
	client.destroy()
	await server.close()
})

async function push(headers: Record<string, string | undefined> = {}, body = '{"aps":{}}', token = TOKEN) {
	const all = {
		':method': 'POST',
		':path': `/3/device/${token}`,
		authorization: `bearer ${jwt()}`,
		'apns-topic': 'com.example.app.voip',
		'apns-push-type': 'voip',
		'apns-expiration': '0',
		...headers,
	}
	const stream = client.request(Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)))
	stream.end(body)
	const cut = once(stream, 'close').then(() => Promise.reject(new Error('closed without a response')))
	const [response] = await Promise.race([once(stream, 'response'), cut])
	cut.catch(() => {})
	let text = ''
	for await (const chunk of stream.setEncoding('utf8')) text += chunk
	return { status: response[':status'], headers: response, body: text === '' ? undefined : JSON.parse(text) }
}

describe('ApnsServer', () => {
	it('accepts a well-formed VoIP push and records it', async () => {
		const response = await push({ 'apns-id': '11111111-2222-3333-4444-555555555555' })
		expect(response.status).toBe(200)
		expect(response.headers['apns-id']).toBe('11111111-2222-3333-4444-555555555555')
		expect(server.requests).toHaveLength(1)
		expect(server.accepted[0]).toMatchObject({
			token: TOKEN,
			payload: { aps: {} },
			providerToken: { keyId: 'KEY', teamId: 'TEAM' },
			connection: 1,
			status: 200,
		})
	})

	it.each([
		['without a provider token', { authorization: undefined }, 403, 'MissingProviderToken'],
		['with a token of another shape', { authorization: 'bearer abc' }, 403, 'InvalidProviderToken'],
		['without a topic', { 'apns-topic': undefined }, 400, 'MissingTopic'],
		['with a VoIP push to the plain topic', { 'apns-topic': 'com.example.app' }, 400, 'BadTopic'],
		['with an unknown push type', { 'apns-push-type': 'call' }, 400, 'InvalidPushType'],
		['with an expiration in milliseconds', { 'apns-expiration': '1767225600000' }, 400, 'BadExpirationDate'],
		['with a long collapse id', { 'apns-collapse-id': 'x'.repeat(65) }, 400, 'BadCollapseId'],
		['with an id that is no UUID', { 'apns-id': '1' }, 400, 'BadMessageId'],
		['with an odd priority', { 'apns-priority': '7' }, 400, 'BadPriority'],
	])('refuses a push %s', async (_what, headers, status, reason) => {
		expect(await push(headers)).toMatchObject({ status, body: { reason } })
	})

	it('refuses bad paths, tokens and bodies', async () => {
		expect(await push({ ':path': '/3/devices/x' })).toMatchObject({ status: 404, body: { reason: 'BadPath' } })
		expect(await push({}, '{}', 'xyz')).toMatchObject({ status: 400, body: { reason: 'BadDeviceToken' } })
		expect(await push({}, '')).toMatchObject({ status: 400, body: { reason: 'PayloadEmpty' } })
		expect(await push({}, JSON.stringify({ x: 'x'.repeat(5120) }))).toMatchObject({ status: 413 })
	})

	it('verifies the signature and the age of provider tokens', async () => {
		const stranger = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
		const forged = await push({ authorization: `bearer ${jwt({}, {}, stranger)}` })
		expect(forged).toMatchObject({ status: 403, body: { reason: 'InvalidProviderToken' } })
		const old = await push({ authorization: `bearer ${jwt({ iat: Math.floor(Date.now() / 1000) - 3700 })}` })
		expect(old).toMatchObject({ status: 403, body: { reason: 'ExpiredProviderToken' } })
		const other = await push({ authorization: `bearer ${jwt({}, { alg: 'RS256' })}` })
		expect(other).toMatchObject({ status: 403, body: { reason: 'InvalidProviderToken' } })
	})

	it('answers as it was told: a token until further notice, the next request once', async () => {
		server.respondToToken(TOKEN, {
			kind: 'refuse',
			status: 410,
			reason: 'Unregistered',
			timestampMs: 1_767_225_600_000,
		})
		server.respondNext({ kind: 'refuse', status: 503, reason: 'ServiceUnavailable', retryAfterSeconds: 2 })
		const first = await push()
		expect(first).toMatchObject({ status: 503, body: { reason: 'ServiceUnavailable' } })
		expect(first.headers['retry-after']).toBe('2')
		const dead = { status: 410, body: { reason: 'Unregistered', timestamp: 1_767_225_600_000 } }
		expect(await push()).toMatchObject(dead)
		expect(await push()).toMatchObject(dead)
		server.respondToAll()
		expect(await push()).toMatchObject({ status: 200 })
	})

	it('can stay silent, reset a stream and cut the connection', async () => {
		server.respondNext({ kind: 'silence' })
		const unanswered = client.request({
			':method': 'POST',
			':path': `/3/device/${TOKEN}`,
			authorization: `bearer ${jwt()}`,
		})
		unanswered.on('error', () => {})
		unanswered.end('{}')
		await until(() => server.requests.length === 1)
		server.respondNext({ kind: 'reset' })
		await expect(push()).rejects.toThrow(/NGHTTP2_REFUSED_STREAM/)
		server.respondNext({ kind: 'drop' })
		await expect(push()).rejects.toThrow('closed without a response')
		await until(() => server.openConnections === 0)
		expect(server.accepted).toEqual([])
	})

	it('announces the end of its connections', async () => {
		await push()
		const goAway = once(client, 'goaway')
		server.goAway()
		expect((await goAway)[0]).toBe(0)
	})
})
