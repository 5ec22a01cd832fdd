import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { Agent, request } from 'node:https'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type FcmServer, startFcmServer } from './fcm-server.ts'

let server: FcmServer
let agent: Agent

beforeEach(async () => {
	server = await startFcmServer({ accessToken: 'right' })
	agent = new Agent({ keepAlive: true, ca: server.ca })
})

afterEach(async () => {
	agent.destroy()
	await server.close()
})

async function send(message: object | undefined, accessToken = 'right', path = '/v1/projects/demo/messages:send') {
	const headers = { authorization: `Bearer ${accessToken}`, 'content-type': 'application/json' }
	const outgoing = request({ host: server.host, port: server.port, path, method: 'POST', agent, headers })
	outgoing.end(JSON.stringify({ message }))
	const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage]
	let text = ''
	for await (const chunk of incoming.setEncoding('utf8')) text += chunk
	return { status: incoming.statusCode, headers: incoming.headers, body: JSON.parse(text) }
}

const call = { token: 'device-1', android: { priority: 'HIGH', ttl: '30s', data: { intent: 'call' } } }

describe('FcmServer', () => {
	it('accepts a data message and records it', async () => {
		const response = await send(call)
		expect(response).toMatchObject({ status: 200, body: { name: 'projects/demo/messages/0:1' } })
		expect(server.accepted[0]).toMatchObject({
			projectId: 'demo',
			token: 'device-1',
			message: call,
			accessToken: 'right',
		})
	})

	it('keeps a connection for the next request', async () => {
		await send(call)
		await send(call)
		expect(server.requests.map((recorded) => recorded.connection)).toEqual([1, 1])
	})

	it('refuses another access token and another path', async () => {
		expect(await send(call, 'wrong')).toMatchObject({ status: 401, body: { error: { status: 'UNAUTHENTICATED' } } })
		expect(await send(call, 'right', '/fcm/send')).toMatchObject({
			status: 404,
			body: { error: { status: 'NOT_FOUND' } },
		})
	})

	it.each([
		['no message', undefined, 'message'],
		['no token', { data: {} }, 'message.token'],
		['a ttl that is a number', { ...call, android: { ttl: 30 } }, 'message.android.ttl'],
		['an unknown priority', { ...call, android: { priority: 'urgent' } }, 'message.android.priority'],
		['data that is not text', { token: 'x', data: { n: 1 } }, "message.data['n']"],
		['a reserved key', { token: 'x', data: { from: 'a' } }, "message.data['from']"],
		['too much data', { token: 'x', data: { a: 'x'.repeat(4096) } }, 'message.data'],
	])('refuses a request with %s', async (_what, message, field) => {
		expect(await send(message)).toMatchObject({
			status: 400,
			body: { error: { status: 'INVALID_ARGUMENT', details: [{ fieldViolations: [{ field }] }] } },
		})
	})

	it('answers as it was told, in the words of FCM', async () => {
		server.respondToToken('device-1', { kind: 'refuse', code: 'UNREGISTERED' })
		server.respondNext({ kind: 'refuse', code: 'QUOTA_EXCEEDED', retryAfterSeconds: 60 })
		const quota = await send(call)
		expect(quota).toMatchObject({ status: 429, body: { error: { details: [{ errorCode: 'QUOTA_EXCEEDED' }] } } })
		expect(quota.headers['retry-after']).toBe('60')
		expect(await send(call)).toMatchObject({
			status: 404,
			body: { error: { code: 404, status: 'NOT_FOUND', details: [{ errorCode: 'UNREGISTERED' }] } },
		})
		server.respondToAll()
		expect(await send(call)).toMatchObject({ status: 200 })
	})

	it('can cut the connection', async () => {
		server.respondNext({ kind: 'drop' })
		await expect(send(call)).rejects.toThrow(/socket hang up|ECONNRESET/)
	})
})
