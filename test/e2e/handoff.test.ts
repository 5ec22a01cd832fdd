import { TenantClient } from '@vigil/all-in-one'
import { startScriptedRegistrar, until } from '@vigil/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { PASSWORD, TestWorld } from '../world/test-world.ts'

describe('a handoff', () => {
	let world: TestWorld

	beforeAll(async () => {
		world = await TestWorld.start()
	})

	afterAll(() => world?.close())

	const registersOf = (username: string) => world.registrar.registers.items.filter(({ user }) => user === username)
	const registration = async (accountId: string) => (await world.tenant.client.registration(accountId)).registration

	it('with a wrong SIP password says so, and the SIP server is not hammered', async () => {
		const account = await world.addAccount({ password: 'not this one' })
		const phone = await world.addPhone(account.id)
		const rejected = { state: 'rejected', reason: 'wrong user name or password' }
		for (let times = 0; times < 3; times++) {
			const handoff = await phone.device.handoff('background')
			expect(handoff).toMatchObject({ settled: true, lines: [{ holder: 'none', registration: rejected }] })
		}
		expect(await registration(account.id)).toMatchObject(rejected)
		// One without credentials, one with those that are wrong; nothing else, however often the device asks.
		expect(registersOf(account.username).map(({ status }) => status)).toEqual([401, 401])
	})

	it('is tried again once the password is put right', async () => {
		const account = await world.addAccount({ password: 'not this one' })
		const phone = await world.addPhone(account.id)
		expect((await phone.device.handoff('background')).lines).toMatchObject([{ registration: { state: 'rejected' } }])
		await world.tenant.client.request('PATCH', `/v1/accounts/${account.id}`, { password: PASSWORD })
		await until(() => world.registrar.bindings(account.username).length === 1)
		expect((await phone.device.handoff('background')).lines).toMatchObject([{ holder: 'service' }])
	})

	// Whether other bindings are the cause of a 403 is asked before it is believed; one to preemptive credentials does not count.
	it.each([
		[403, 2],
		[404, 1],
	])('that the SIP server refuses with %i stops there', async (status, registers) => {
		const account = await world.addAccount()
		world.registrar.reactTo(account.username, { kind: 'refuse', status })
		const phone = await world.addPhone(account.id)
		const { lines } = await phone.device.handoff('background')
		expect(lines).toMatchObject([{ holder: 'none', registration: { state: 'rejected', sipStatus: status } }])
		await phone.device.handoff('background')
		const asked = registersOf(account.username).filter(({ hasCredentials }) => !hasCredentials)
		expect(asked).toHaveLength(registers)
	})

	it('while the SIP server is down is answered all the same, and made good when it is up', async () => {
		const gone = await startScriptedRegistrar({ users: { alice: PASSWORD } })
		const { port } = gone
		await gone.close()
		const account = await world.addAccount({ username: 'alice', domain: `127.0.0.1:${port}`, transport: 'tcp' })
		const phone = await world.addPhone(account.id)
		const handoff = await phone.device.handoff('background', { waitSeconds: 2 })
		expect(handoff.lines).toMatchObject([{ holder: 'none' }])
		// At a server that nobody knows a failure is shown no sooner than silence would be.
		const failed = await until(() => failing(account.id), { deadlineMs: 90_000 })
		expect(failed.reason).toMatch(/cannot be reached|did not answer/)

		const back = await startScriptedRegistrar({ users: { alice: PASSWORD }, port })
		await until(() => back.bindings('alice').length === 1, { deadlineMs: 20_000 })
		await until(async () => (await registration(account.id)).state === 'registered')
		expect((await phone.device.handoff('background')).lines).toMatchObject([{ holder: 'service', next: 'unregister' }])
		await phone.device.remove()
		await until(() => back.bindings('alice').length === 0)
		await back.close()
	})

	async function failing(accountId: string) {
		const now = await registration(accountId)
		return now.state === 'failing' && now
	}

	it('to a silent SIP server is answered in time with 202', async () => {
		const account = await world.addAccount()
		world.registrar.reactTo(account.username, { kind: 'drop' })
		const phone = await world.addPhone(account.id)
		const handoff = await phone.device.handoff('background', { waitSeconds: 0.3 })
		expect(handoff).toMatchObject({ settled: false, lines: [{ holder: 'none', next: 'none' }] })
		world.registrar.reactNormally()
		await until(() => world.registrar.bindings(account.username).length === 1)
		expect(await phone.device.handoff('background')).toMatchObject({ settled: true, lines: [{ holder: 'service' }] })
	})

	it('lasts though the SIP server forgets its nonces', async () => {
		const short = await startScriptedRegistrar({ users: { alice: PASSWORD }, maxExpiresSeconds: 1 })
		const account = await world.addAccount({ username: 'alice', domain: `127.0.0.1:${short.port}` })
		const phone = await world.addPhone(account.id)
		await phone.device.handoff('background')
		short.expireNonces()
		const refused = await short.registers.waitFor(({ status, hasCredentials }) => status === 401 && hasCredentials)
		const next = await short.registers.waitFor(({ status, cseq }) => status === 200 && cseq > refused.cseq)
		expect(next.callId).toBe(refused.callId)
		expect(short.bindings('alice')).toHaveLength(1)
		expect((await registration(account.id)).state).toBe('registered')
		await phone.device.remove()
		await until(() => short.bindings('alice').length === 0)
		await short.close()
	})

	it('twice is one', async () => {
		const { username, phone } = await world.sleepingUser()
		const before = registersOf(username).length
		const [first, second] = await Promise.all([phone.device.handoff('background'), phone.device.handoff('terminated')])
		for (const { lines } of [first, second]) expect(lines).toMatchObject([{ holder: 'service', next: 'unregister' }])
		expect(registersOf(username)).toHaveLength(before)
		const binding = world.registrar.bindings(username)
		expect(binding).toHaveLength(1)

		for (let times = 0; times < 2; times++) {
			const back = await phone.device.handoff('foreground', { registered: true })
			expect(back.lines).toMatchObject([{ holder: 'device', next: 'none', registration: { state: 'unregistered' } }])
		}
		expect(world.registrar.bindings(username)).toEqual([])
	})

	it('back to the phone leaves us bound until the phone says that it is', async () => {
		const { username, phone } = await world.sleepingUser()
		const awake = await phone.device.handoff('foreground')
		expect(awake.lines).toMatchObject([{ holder: 'service', next: 'register' }])
		expect(world.registrar.bindings(username)).toHaveLength(1)
		const registered = await phone.device.handoff('foreground', { registered: true })
		expect(registered.lines).toMatchObject([{ holder: 'device', next: 'none' }])
		expect(world.registrar.bindings(username)).toEqual([])
	})

	it('removes our own binding and nobody else’s', async () => {
		const { username, phone } = await world.sleepingUser()
		const desk = await world.newCaller({
			uri: `sip:${username}@${world.domain}`,
			credentials: { username, password: PASSWORD },
		})
		expect((await desk.register()).status).toBe(200)
		expect(world.registrar.bindings(username)).toHaveLength(2)
		await phone.device.handoff('foreground', { registered: true })
		expect(world.registrar.bindings(username).map(({ contact }) => contact)).toEqual([
			expect.stringContaining(`:${desk.port}`),
		])
	})

	it('needs the device’s own token, and objects of the own tenant', async () => {
		const { account, phone } = await world.sleepingUser()
		const { api } = world.platform.addresses
		const body = { state: 'background' }
		for (const token of ['nonsense', 'vgl_dev_nonsense', '']) {
			const asked = new TenantClient(api, token).request('POST', '/v1/devices/me/handoff', body)
			await expect(asked).rejects.toMatchObject({ status: 401 })
		}
		const other = await world.platform.otherTenant()
		for (const path of [
			`/v1/accounts/${account.id}`,
			`/v1/accounts/${account.id}/registration`,
			`/v1/devices/${phone.device.identity.deviceId}`,
		]) {
			await expect(other.client.request('GET', path)).rejects.toMatchObject({ status: 404 })
		}
		await expect(other.client.createEnrolment(account.id)).rejects.toMatchObject({ status: 404 })
	})
})
