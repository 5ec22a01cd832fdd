import type { PushAppView } from '@vigil/contracts'
import { until } from '@vigil/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { TestWorld } from '../world/test-world.ts'
import { LineService } from './inside/line-service.ts'
import { closedPort } from './inside/ports.ts'
import { RedisServer } from './inside/redis-server.ts'

// A push app may name an endpoint of its own: the tenant chooses where the dispatcher connects to, and sees what came of it.

/** Where the push provider of the tests is, and the one network that the operator lists. */
const LISTED = '127.0.0.1'
/** Where the operator's own services are. */
const INSIDE = '127.66.0.1'

let world: TestWorld
let mail: LineService
let redis: RedisServer
let apps = 0

beforeAll(async () => {
	mail = await LineService.start(INSIDE)
	redis = await RedisServer.start(INSIDE)
	world = await TestWorld.start({ VIGIL_EGRESS: LISTED })
})

afterAll(async () => {
	await world?.close()
	await redis?.close()
	await mail?.close()
})

/** Has a push sent through an app of that endpoint; gives what its tenant is told. */
async function pushedThrough(endpoint: string): Promise<PushAppView['health']> {
	const { client } = world.tenant
	const name = `app-${++apps}`
	const { id } = await client.request<PushAppView>('POST', '/v1/push-apps', {
		name,
		...world.platform.pushes.pushApp,
		endpoint,
	})
	const account = await world.addAccount()
	const { code } = await client.createEnrolment(account.id)
	const { deviceId } = await client.request<{ deviceId: string }>('POST', '/v1/devices', {
		enrolmentCode: code,
		platform: 'ios',
		pushTokens: [{ app: name, kind: 'voip', token: name.padEnd(64, '0') }],
	})
	await client.request('POST', `/v1/devices/${deviceId}/test-push`)
	return until(async () => (await client.request<PushAppView>('GET', `/v1/push-apps/${id}`)).health, {
		what: () => `what became of the push through ${endpoint}`,
	})
}

const told = async (endpoint: string) => {
	const health = await pushedThrough(endpoint)
	return [health?.state, health?.lastFailure?.kind, health?.lastFailure?.reason]
}

/** The same address in other words. */
const SPELLINGS: Readonly<Record<string, (hostPort: string) => string>> = {
	'as it is': (hostPort) => hostPort,
	'in IPv6': (hostPort) => hostPort.replace(INSIDE, `[::ffff:${INSIDE}]`),
	'in IPv6, in hexadecimal': (hostPort) => hostPort.replace(INSIDE, '[::ffff:7f42:1]'),
}

const REFUSED = [
	'failing',
	'misconfigured',
	'the endpoint of the push app has no address that this service connects to',
]

describe.each(['redis', 'smtp'] as const)('a %s inside, as the endpoint of a push app', (name) => {
	const hostPort = () => (name === 'redis' ? redis.hostPort : mail.hostPort)
	const visitors = async () => (name === 'redis' ? redis.connections() : mail.connections)

	it.each(Object.keys(SPELLINGS))('is not touched, %s', async (spelling) => {
		const endpoint = SPELLINGS[spelling]?.(hostPort()) ?? ''
		expect(await told(endpoint)).toEqual(REFUSED)
		expect(await visitors()).toBe(0)
		expect(await redis.isUnharmed()).toBe(true)
	})
})

describe('a push app', () => {
	it('is told the same of ports that are open, closed, or the service’s own', async () => {
		const [near, closed] = [await LineService.start(LISTED), await closedPort()]
		const endpoints = [near.hostPort, `${LISTED}:${closed.port}`]
		const responses = await Promise.all(endpoints.map(told))
		await near.close()
		for (const response of responses) {
			expect(response).toEqual(['failing', 'unreachable', 'the endpoint of the push app cannot be reached'])
		}
		expect(await told(new URL(world.platform.addresses.api).host)).toEqual(REFUSED)
	})
})
