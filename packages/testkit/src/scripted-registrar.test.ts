import type { SipResponse } from '@vigil/sip'
import { afterEach, describe, expect, it } from 'vitest'
import type { RegistrarOptions } from './registrar-options.ts'
import { type CallerOptions, type ScriptedCaller, startScriptedCaller } from './scripted-caller.ts'
import { type ScriptedRegistrar, startScriptedRegistrar } from './scripted-registrar.ts'
import type { WireTransport } from './sip-wire.ts'

const closing: { close(): Promise<void> }[] = []

afterEach(async () => {
	await Promise.all(closing.splice(0).map((one) => one.close()))
})

async function registrar(options: RegistrarOptions = {}): Promise<ScriptedRegistrar> {
	const started = await startScriptedRegistrar({ users: { alice: 'wonderland', bob: 'builder' }, ...options })
	closing.push(started)
	return started
}

async function phone(server: ScriptedRegistrar, change: Partial<CallerOptions> & { transport?: WireTransport } = {}) {
	const { transport = 'udp', ...options } = change
	const started = await startScriptedCaller({
		uri: 'sip:alice@example.test',
		server: { transport, host: server.host, port: server.port },
		credentials: { username: 'alice', password: 'wonderland' },
		...options,
	})
	closing.push(started)
	return started
}

const bodyOf = ({ body }: { body: Uint8Array }) => Buffer.from(body).toString()
const contactsOf = (response: SipResponse) => response.headers.all('Contact')

describe('ScriptedRegistrar', () => {
	it.each(['udp', 'tcp'] as const)('challenges, registers and lists the binding over %s', async (transport) => {
		const server = await registrar()
		const alice = await phone(server, { transport })
		const response = await alice.register({ expiresSeconds: 600 })
		expect(response.status).toBe(200)
		expect(contactsOf(response)).toEqual([`${alice.contact};expires=600`])
		expect(server.registers.items.map(({ status, hasCredentials }) => ({ status, hasCredentials }))).toEqual([
			{ status: 401, hasCredentials: false },
			{ status: 200, hasCredentials: true },
		])
		expect(server.bindings('alice')).toMatchObject([{ source: { transport, host: alice.host } }])
	})

	it.each(['MD5', 'SHA-256', 'SHA-512-256', 'MD5-sess'] as const)('takes %s', async (algorithm) => {
		const server = await registrar({ algorithms: [algorithm] })
		expect((await (await phone(server)).register()).status).toBe(200)
		expect(server.registers.items[1]?.request.headers.get('Authorization')).toContain(`algorithm=${algorithm}`)
	})

	it('takes the old digest without qop when told to', async () => {
		const server = await registrar({ qop: 'none', algorithms: ['MD5'] })
		expect((await (await phone(server)).register()).status).toBe(200)
		expect(server.registers.items[1]?.request.headers.get('Authorization')).not.toContain('qop')
	})

	it('refuses a wrong password and the bindings of somebody else', async () => {
		const server = await registrar()
		const thief = await phone(server, { credentials: { username: 'alice', password: 'wrong' } })
		expect((await thief.register()).status).toBe(401)
		const neighbour = await phone(server, { credentials: { username: 'bob', password: 'builder' } })
		expect((await neighbour.register()).status).toBe(403)
		expect(server.bindings('alice')).toEqual([])
	})

	it('keeps several bindings, removes one, and removes all', async () => {
		const server = await registrar()
		const [first, second] = [await phone(server), await phone(server)]
		await first.register()
		expect(contactsOf(await second.register())).toHaveLength(2)
		await first.unregister()
		expect(server.bindings('alice').map((binding) => `<${binding.contact}>`)).toEqual([second.contact])
		server.dropBindings('alice')
		expect(server.bindings('alice')).toEqual([])
	})

	it('where one binding is allowed, replaces or refuses', async () => {
		const replacing = await registrar({ maxBindings: 1 })
		await (await phone(replacing)).register()
		const last = await phone(replacing)
		expect(contactsOf(await last.register())).toHaveLength(1)
		const refusing = await registrar({ maxBindings: 1, whenFull: 'refuse' })
		await (await phone(refusing)).register()
		expect(await (await phone(refusing)).register()).toMatchObject({ status: 403, reason: 'Too Many Contacts' })
	})

	it('bounds the expiry', async () => {
		const server = await registrar({ minExpiresSeconds: 60, maxExpiresSeconds: 300 })
		const alice = await phone(server)
		const tooShort = await alice.register({ expiresSeconds: 30 })
		expect([tooShort.status, tooShort.headers.get('Min-Expires')]).toEqual([423, '60'])
		expect(contactsOf(await alice.register({ expiresSeconds: 9999 }))[0]).toContain('expires=300')
	})

	it('reacts as it was told', async () => {
		const server = await registrar()
		const alice = await phone(server)
		server.reactNext({ kind: 'refuse', status: 503, headers: [['Retry-After', '7']] })
		const refused = await alice.register()
		expect([refused.status, refused.headers.get('Retry-After')]).toEqual([503, '7'])
		server.reactTo('alice', { kind: 'refuse', status: 404 })
		expect((await alice.register()).status).toBe(404)
		server.reactNormally()
		server.reactNext({ kind: 'drop' })
		expect((await alice.register()).status).toBe(200)
		expect(server.registers.items.map(({ status }) => status)).toEqual([503, 404, undefined, 401, 200])
	})

	it('calls old nonces stale', async () => {
		const server = await registrar()
		const alice = await phone(server)
		await alice.register()
		const [authorization] = server.registers.items[1]?.request.headers.all('Authorization') ?? []
		server.expireNonces()
		await alice.send('REGISTER', 'sip:example.test', [['Authorization', authorization ?? '']])
		const again = await alice.register()
		expect(again.status).toBe(200)
	})
})

describe('calls through the registrar', () => {
	async function bound(options: RegistrarOptions = {}, phones = 1, transport: WireTransport = 'udp') {
		const server = await registrar(options)
		const callees: ScriptedCaller[] = []
		for (let i = 0; i < phones; i++) {
			const callee = await phone(server, { transport })
			await callee.register()
			callees.push(callee)
		}
		const credentials = { username: 'bob', password: 'builder' }
		const caller = await phone(server, { uri: 'sip:bob@example.test', displayName: 'Bob', credentials, transport })
		return { server, callees, caller, callee: callees[0] as ScriptedCaller }
	}

	it.each([
		['udp', false],
		['tcp', false],
		['udp', true],
		['tcp', true],
	] as const)('ring, are answered and end, over %s, with Record-Route: %s', async (transport, recordRoute) => {
		const { server, caller, callee } = await bound({ recordRoute }, 1, transport)
		const call = caller.invite('sip:alice@example.test')
		const ringing = await callee.incoming.next()
		ringing.ring()
		await call.heard(180)
		const acked = ringing.answer('v=0 answer')
		expect(bodyOf(await call.answered())).toBe('v=0 answer')
		await acked
		const reinvited = await call.dialog.reinvite('v=0 hold')
		expect(reinvited.status).toBe(200)
		expect(bodyOf(await ringing.dialog.requests.waitFor(({ method }) => method === 'INVITE'))).toBe('v=0 hold')
		expect((await ringing.dialog.bye()).status).toBe(200)
		await call.dialog.ended()
		expect(server.calls.items[0]).toMatchObject({ finalStatus: 200, branches: [{ statuses: [100, 180, 200] }] })
	})

	it('ring everywhere; the first to answer gets the call, the others hear where it went', async () => {
		const { callees, caller } = await bound({}, 2)
		const call = caller.invite('sip:alice@example.test')
		const [winner, loser] = await Promise.all(callees.map((callee) => callee.incoming.next()))
		if (!winner || !loser) throw new Error('unreachable')
		winner.ring()
		loser.ring()
		await winner.answer('v=0')
		expect((await loser.cancelled()).headers.get('Reason')).toContain('cause=200')
		expect((await call.answered()).status).toBe(200)
		expect((await call.bye()).status).toBe(200)
	})

	it('are given up, with the reason passed on', async () => {
		const { callee, caller } = await bound()
		const call = caller.invite('sip:alice@example.test')
		const ringing = await callee.incoming.next()
		ringing.ring()
		expect((await call.cancel([['Reason', 'Q.850;cause=16']])).status).toBe(200)
		expect((await ringing.cancelled()).headers.get('Reason')).toBe('Q.850;cause=16')
		expect((await call.final()).status).toBe(487)
	})

	it('are refused with the best of the refusals', async () => {
		const { callees, caller } = await bound({}, 2)
		const call = caller.invite('sip:alice@example.test')
		const [busy, gone] = await Promise.all(callees.map((callee) => callee.incoming.next()))
		gone?.reject(503)
		busy?.reject(486)
		expect((await call.final()).status).toBe(486)
	})

	it('are refused when nobody is there', async () => {
		const server = await registrar()
		const caller = await phone(server)
		expect((await caller.invite('sip:bob@example.test').final()).status).toBe(480)
		expect((await caller.invite('sip:nobody@example.test').final()).status).toBe(404)
	})

	it('are challenged when told to, and the credentials stay here', async () => {
		const { callee, caller } = await bound({ challengeCalls: true })
		const call = caller.invite('sip:alice@example.test')
		const ringing = await callee.incoming.next()
		expect(ringing.invite.headers.has('Proxy-Authorization')).toBe(false)
		expect(ringing.invite.headers.get('CSeq')).toBe('2 INVITE')
		ringing.reject(603)
		expect((await call.final()).status).toBe(603)
		expect(call.responses.items.map(({ status }) => status)).not.toContain(407)
	})

	it('follow the Path of the binding', async () => {
		const server = await registrar()
		const edge = await phone(server, { uri: 'sip:edge@example.test' })
		const alice = await phone(server)
		await alice.register({
			headers: [
				['Path', `<sip:${edge.host}:${edge.port};lr>`],
				['Supported', 'path'],
			],
		})
		const call = alice.invite('sip:alice@example.test')
		const atEdge = await edge.incoming.next()
		expect(atEdge.invite.headers.get('Route')).toBe(`<sip:${edge.host}:${edge.port};lr>`)
		expect(`<${atEdge.invite.uri}>`).toBe(alice.contact)
		atEdge.reject(486)
		await call.final()
	})

	it('lets other requests through', async () => {
		const { callee, caller } = await bound()
		expect(
			(await caller.send('MESSAGE', 'sip:alice@example.test', [['Content-Type', 'text/plain']], 'hello')).status,
		).toBe(200)
		expect(bodyOf(await callee.requests.next())).toBe('hello')
	})
})
