import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { VirtualClock } from '@vigil/testkit'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ApiClient } from './api-client.ts'
import { ApiError, NetworkError, UnexpectedResponseError } from './errors.ts'

type Respond = (request: IncomingMessage, response: ServerResponse) => void

let server: Server
let responses: Respond[]
let seen: IncomingMessage[]
let clock: VirtualClock
let client: ApiClient

beforeEach(async () => {
	responses = []
	seen = []
	clock = new VirtualClock()
	server = createServer((request, response) => {
		seen.push(request)
		const planned = responses.shift() ?? respond(500, {})
		planned(request, response)
	})
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
	client = new ApiClient({
		apiUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/base/`,
		bearerToken: 'token-1',
		fetch: globalThis.fetch,
		timers: clock,
		timeoutMs: 1000,
	})
})

afterEach(() => {
	server.closeAllConnections()
	server.close()
})

function respond(status: number, body: unknown, type = 'application/json'): Respond {
	return (_request, response) => response.writeHead(status, { 'content-type': type }).end(JSON.stringify(body))
}

const reset: Respond = (request) => request.socket.destroy()
const response = { parse: (value: unknown) => value }
const write = { method: 'POST', path: '/v1/things', body: { a: 1 }, response } as const

describe('the API client', () => {
	it('sends its token and reads the answer', async () => {
		responses = [respond(200, { ok: true })]
		expect(await client.request(write)).toEqual({ status: 200, body: { ok: true } })
		expect(seen[0]?.url).toBe('/base/v1/things')
		expect(seen[0]?.headers).toMatchObject({ authorization: 'Bearer token-1', 'content-type': 'application/json' })
	})

	it('repeats a write once, with the same key, when the network failed', async () => {
		responses = [reset, respond(200, {})]
		await client.request(write)
		const keys = seen.map(({ headers }) => headers['idempotency-key'])
		expect(keys).toHaveLength(2)
		expect(keys[0]).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
		expect(keys[1]).toBe(keys[0])
	})

	it('gives up after two tries', async () => {
		responses = [reset, reset, respond(200, {})]
		await expect(client.request(write)).rejects.toThrow(NetworkError)
		expect(seen).toHaveLength(2)
	})

	it('does not wait for ever', async () => {
		responses = [() => clock.advance(1000), () => clock.advance(1000)]
		await expect(client.request(write)).rejects.toThrow('did not answer in time')
		expect(clock.pendingTimers).toBe(0)
	})

	it('throws the problem that the service states, and does not repeat the request', async () => {
		const errors = [{ field: 'state', rule: 'offered', message: 'one of ...' }]
		const problem = { type: '/problems/invalid-request', title: 'Invalid request', status: 400, errors }
		responses = [respond(400, problem, 'application/problem+json')]
		const failure = await client.request(write).catch((error: unknown) => error)
		expect(failure).toBeInstanceOf(ApiError)
		expect(failure).toMatchObject({ status: 400, type: '/problems/invalid-request', errors })
		expect(seen).toHaveLength(1)
	})

	it.each<[string, Respond, number]>([
		['a refusal without a problem document', respond(502, 'Bad Gateway'), 502],
		['an answer of another form', respond(200, { other: 1 }), 200],
	])('says so for %s', async (_what, other, status) => {
		responses = [other]
		const strict = {
			parse: () => {
				throw new Error('not this form')
			},
		}
		const failure = await client.request({ ...write, response: strict }).catch((error: unknown) => error)
		expect(failure).toBeInstanceOf(UnexpectedResponseError)
		expect(failure).toMatchObject({ status })
	})

	it('refuses a base URL of another scheme', () => {
		const options = { fetch: globalThis.fetch, timers: clock, timeoutMs: 1 }
		expect(() => new ApiClient({ apiUrl: 'ftp://example.com', ...options })).toThrow(TypeError)
	})
})
