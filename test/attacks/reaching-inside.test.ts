import { once } from 'node:events'
import { connect } from 'node:net'
import type { CreateAccountRequest } from '@vigil/contracts'
import { until } from '@vigil/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ScriptedPhone } from '../world/scripted-phone.ts'
import { TestWorld } from '../world/test-world.ts'
import { LineService } from './inside/line-service.ts'
import { RawCaller } from './inside/raw-caller.ts'
import { RedisServer } from './inside/redis-server.ts'

/** Where the SIP server of the tests is, and the one network that the operator lists. */
const LISTED = '127.0.0.1'
/** Where the operator's own services are. */
const INSIDE = '127.66.0.1'
const COMMANDS = 'FLUSHALL\r\nRCPT TO:<everybody@example.com>\r\nFLUSHALL\r\n'
const CONTINUOUS = { registrationMode: 2 } as const

interface Inner {
	readonly hostPort: string
	/** Whoever came there. */
	visitors(): Promise<number>
}

let world: TestWorld
let mail: LineService
let redis: RedisServer
const closing: (() => unknown)[] = []

beforeAll(async () => {
	mail = await LineService.start(INSIDE)
	redis = await RedisServer.start(INSIDE)
	world = await TestWorld.start({ VIGIL_EGRESS: LISTED })
})

afterAll(async () => {
	for (const close of closing.reverse()) await close()
	await world?.close()
	await redis?.close()
	await mail?.close()
})

function inner(name: 'redis' | 'smtp'): Inner {
	if (name === 'smtp') return { hostPort: mail.hostPort, visitors: async () => mail.connections }
	return { hostPort: redis.hostPort, visitors: () => redis.connections() }
}

async function visit(hostPort: string): Promise<void> {
	const [host = '', port] = hostPort.split(':')
	const socket = connect({ host, port: Number(port) })
	await once(socket, 'connect')
	socket.destroy()
}

async function phoneOf(account: Partial<CreateAccountRequest>): Promise<ScriptedPhone> {
	const { id } = await world.addAccount({ transport: 'tcp', attributes: CONTINUOUS, ...account })
	const phone = await world.addScriptedPhone(id)
	await phone.handoff('background')
	expect(await phone.attach()).toBe(200)
	return phone
}

/** A call of the phone whose body is commands; ends with the refusal. */
async function dialsOut(phone: ScriptedPhone): Promise<void> {
	const call = phone.call('sip:anybody@pbx.test', { body: COMMANDS, headers: [['FLUSHALL', 'x']] })
	expect((await call.final({ deadlineMs: 60_000 })).status).toBeGreaterThanOrEqual(400)
}

/** A call to a phone by somebody who names where the rest of it is to go; the phone then sends commands. */
async function isCalled(
	named: (uri: string) => { contact: string; recordRoute?: string },
	hostPort: string,
): Promise<void> {
	const account = await world.addAccount()
	const phone = await world.addScriptedPhone(account.id)
	await phone.handoff('background')
	expect(await phone.attach()).toBe(200)
	const [binding] = await until(() => {
		const bindings = world.registrar.bindings(account.username)
		return bindings.length > 0 && bindings
	})
	const caller = await RawCaller.start()
	closing.push(() => caller.close())
	const port = world.platform.addresses.upstreamPort
	const calling = caller.call({ to: binding?.contact ?? '', port, ...named(`sip:x@${hostPort};transport=tcp`) })
	const leg = await phone.incoming.waitFor(() => true)
	await leg.answer('v=0\r\n')
	await calling
	const info = await leg.dialog.request('INFO', { body: COMMANDS })
	expect(info.status).toBeGreaterThanOrEqual(400)
	await leg.dialog.bye()
}

const refused = async (change: Partial<CreateAccountRequest>) => dialsOut(await phoneOf(change))

const WAYS: Readonly<Record<string, (hostPort: string) => Promise<void>>> = {
	'the domain of an account': (hostPort) => refused({ domain: hostPort }),
	'the outbound proxy of an account': (hostPort) => refused({ attributes: { ...CONTINUOUS, outboundProxy: hostPort } }),
	'the domain, with the address in IPv6': async (hostPort) =>
		refused({ domain: hostPort.replace(INSIDE, `[::ffff:${INSIDE}]`) }),
	'the Contact of a 302': async (hostPort) => {
		const username = world.newUser()
		const contact = [['Contact', `<sip:${hostPort};transport=tcp>`]] as const
		world.registrar.reactTo(username, { kind: 'refuse', status: 302, headers: contact })
		const { id } = await world.addAccount({ username, transport: 'tcp' })
		const phone = await world.addScriptedPhone(id)
		await phone.handoff('background')
		await until(() => world.registrar.registers.items.some(({ user, status }) => user === username && status === 302))
		// The redirect has been followed as far as it goes.
		await until(async () => {
			const { registration } = await world.tenant.client.registration(id)
			return registration.state === 'failing' || registration.state === 'rejected'
		})
	},
	'the Contact of a call': (hostPort) => isCalled((uri) => ({ contact: uri }), hostPort),
	'the Record-Route of a call': (hostPort) =>
		isCalled((uri) => ({ contact: 'sip:mallory@127.0.0.1:9', recordRoute: `${uri};lr` }), hostPort),
}

describe.each(['redis', 'smtp'] as const)('a %s inside', (name) => {
	it.each(Object.keys(WAYS))('is not touched by %s', async (way) => {
		const target = inner(name)
		await WAYS[way]?.(target.hostPort)
		expect(await target.visitors()).toBe(0)
		expect(await redis.isUnharmed()).toBe(true)
	})

	it('is reached by its owner, as what listens here is counted', async () => {
		const target = inner(name)
		await visit(target.hostPort)
		await until(async () => (await target.visitors()) === 1)
	})
})

describe('a service inside whose network the operator has listed', () => {
	let near: LineService

	beforeAll(async () => {
		near = await LineService.start(LISTED)
	})

	afterAll(() => near?.close())

	it.each(Object.keys(WAYS).filter((way) => !way.includes('IPv6')))(
		'hears nothing that a device wrote, by %s',
		async (way) => {
			await WAYS[way]?.(near.hostPort)
			// It was asked whether it is a SIP server, and was not.
			await until(() => /^(?:REGISTER|OPTIONS) /m.test(near.heard))
			expect(near.heard).not.toMatch(/FLUSHALL|RCPT|^(?:INVITE|ACK|INFO|BYE) /m)
			near.heard = ''
		},
	)
})
