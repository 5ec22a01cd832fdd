import { sampleSdp, until } from '@vigil/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ScriptedPhone } from '../world/scripted-phone.ts'
import { startTestPlatform, type TestPlatform } from '../world/test-platform.ts'
import { havePeers } from './peers/find-peer.ts'
import { Kamailio } from './peers/kamailio.ts'
import { sippCallee } from './peers/sipp-callee.ts'

const PASSWORD = 'correct horse'

describe.skipIf(!havePeers('kamailio', 'sipp')).each([
	['udp', 'lasting'],
	['tcp', 'lasting'],
	['udp', 'counted'],
	['udp', 'one-time'],
] as const)('a device that calls SIPp through Kamailio, which asks for a proof: %s, nonces %s', (transport, nonces) => {
	let world: TestPlatform
	let kamailio: Kamailio
	let phone: ScriptedPhone | undefined

	beforeAll(async () => {
		kamailio = await Kamailio.start({ password: PASSWORD, challengeCalls: true, nonces })
		world = await startTestPlatform()
	})

	afterAll(async () => {
		await phone?.close()
		await world?.close()
		await kamailio?.stop()
	})

	it('gets through, talks and hangs up; nothing changes of the registration', async () => {
		const username = `user1${transport}`
		const domain = `127.0.0.1:${kamailio.port}`
		const attributes = { registrationMode: 2 } as const
		const account = await world.tenant.addAccount({ username, domain, password: PASSWORD, transport, attributes })
		phone = await ScriptedPhone.enrol(world, account.id)
		await phone.handoff('background')
		await until(() => kamailio.bindingChanges(username).length === 1, { what: 'the binding of the account' })
		expect(await phone.attach()).toBe(200)
		await phone.handoff('foreground')
		const before = kamailio.registers(username)

		const callee = await sippCallee('callee', PASSWORD, kamailio.port)
		const call = phone.call(`sip:callee@${domain}`, { body: sampleSdp('192.0.2.2', 42_000) })
		const response = await call.answered()
		expect(Buffer.from(response.body).toString()).toContain('m=audio 41000')
		expect(call.responses.items.map(({ status }) => status)).not.toContain(407)
		expect((await call.bye()).status).toBe(200)
		const heard = await callee.done
		expect(heard.ok, heard.output).toBe(true)

		const proofs = kamailio.proofs(username)
		expect(new Set(proofs.challenged)).toEqual(new Set(['INVITE', 'BYE']))
		expect(proofs.admitted).toEqual(['INVITE', 'BYE'])
		expect(kamailio.registers(username)).toEqual(before)
		expect(kamailio.bindingChanges(username)).toMatchObject([{ change: 'saved', transport }])

		const record = await until(async () => {
			const [found] = await world.tenant.client.calls(account.id)
			return found?.outcome === undefined ? undefined : found
		})
		expect(record).toMatchObject({ direction: 'outgoing', outcome: 'answered', placedBy: phone.identity.deviceId })
	})
})
