import { afterEach, describe, expect, it } from 'vitest'
import { type ScriptedCaller, startScriptedCaller } from '../scripted-caller.ts'
import { type ScriptedRegistrar, startScriptedRegistrar } from '../scripted-registrar.ts'
import type { WireTransport } from '../sip-wire.ts'

const PASSWORDS = { alice: 'wonderland', bob: 'builder' }
const ALICE = 'sip:alice@example.test'

const closing: { close(): Promise<void> }[] = []

afterEach(async () => {
	await Promise.all(closing.splice(0).map((one) => one.close()))
})

async function agent(
	server: ScriptedRegistrar,
	username: keyof typeof PASSWORDS,
	transport: WireTransport,
): Promise<ScriptedCaller> {
	const started = await startScriptedCaller({
		uri: `sip:${username}@example.test`,
		server: { transport, host: server.host, port: server.port },
		credentials: { username, password: PASSWORDS[username] },
	})
	closing.push(started)
	return started
}

/** Bob calls Alice's registered phone; each speaks a transport of its own to the server. */
async function ringing(callerSide: WireTransport, phoneSide: WireTransport, recordRoute: boolean) {
	const server = await startScriptedRegistrar({ users: PASSWORDS, recordRoute })
	closing.push(server)
	const phone = await agent(server, 'alice', phoneSide)
	await phone.register()
	const caller = await agent(server, 'bob', callerSide)
	const call = caller.invite(ALICE)
	const incoming = await phone.incoming.next()
	incoming.ring()
	await call.heard(180)
	return { call, incoming }
}

const transports = ['udp', 'tcp'] as const
const ways = transports.flatMap((from) =>
	transports.flatMap((to) => [false, true].map((recordRoute) => [from, to, recordRoute] as const)),
)

describe.each(ways)('a call from %s to %s, Record-Route: %s', (from, to, recordRoute) => {
	it('is answered and hung up by the caller', async () => {
		const { call, incoming } = await ringing(from, to, recordRoute)
		await incoming.answer('v=0')
		await call.answered()
		expect((await call.bye()).status).toBe(200)
		expect((await incoming.dialog.ended()).headers.has('Route')).toBe(false)
	})

	it('is answered, changed and hung up by the phone', async () => {
		const { call, incoming } = await ringing(from, to, recordRoute)
		await incoming.answer('v=0')
		await call.answered()
		expect((await incoming.dialog.reinvite('v=0 hold')).status).toBe(200)
		expect((await incoming.dialog.request('INFO')).status).toBe(200)
		expect((await incoming.dialog.bye()).status).toBe(200)
		expect(call.dialog.requests.items.map(({ method }) => method)).toEqual(['INVITE', 'ACK', 'INFO', 'BYE'])
	})

	it('is given up while it rings', async () => {
		const { call, incoming } = await ringing(from, to, recordRoute)
		expect((await call.cancel()).status).toBe(200)
		await incoming.cancelled()
		expect((await call.final()).status).toBe(487)
	})

	it('is declined', async () => {
		const { call, incoming } = await ringing(from, to, recordRoute)
		incoming.reject(603)
		expect((await call.final()).status).toBe(603)
	})
})
