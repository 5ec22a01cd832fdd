import type { AccountView, ChangeTenantSettingsRequest } from '@vigil/contracts'
import { type ScriptedCall, type ScriptedCaller, sampleSdp, until } from '@vigil/testkit'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { ScriptedPhone } from '../world/scripted-phone.ts'
import { TestWorld } from '../world/test-world.ts'

const SDP = sampleSdp('192.0.2.2', 42_000)

describe('somebody who has got hold of the Contact that is registered', () => {
	let world: TestWorld
	let account: AccountView
	let phone: ScriptedPhone
	let contact: string
	let stranger: ScriptedCaller

	beforeAll(async () => {
		world = await TestWorld.start()
		account = await world.addAccount()
		phone = await world.addScriptedPhone(account.id)
		await phone.handoff('background')
		await phone.attach()
		contact = world.registrar.bindings(account.username)[0]?.contact ?? ''
		const server = { host: '127.0.0.1', port: world.platform.addresses.upstreamPort, transport: 'udp' } as const
		stranger = await world.newCaller({ host: '127.0.0.9', server })
	})

	afterEach(async () => {
		await setting({ inviteSource: null, inviteNetworks: null })
		await ofAccount(null)
		await becomes(480)
	})

	afterAll(() => world?.close())

	const setting = (change: ChangeTenantSettingsRequest) => world.tenant.client.request('PATCH', '/v1/settings', change)

	const ofAccount = (inviteSource: 'any' | 'registrar' | null) =>
		world.tenant.client.request('PATCH', `/v1/accounts/${account.id}`, { inviteSource })

	/** Until the stranger's OPTIONS hears that: 200 where an INVITE would be taken, 404 where it would not. */
	async function becomes(status: number): Promise<void> {
		const wanted = status === 404 ? 404 : 200
		await until(async () => (await stranger.send('OPTIONS', contact)).status === wanted, {
			what: `${wanted} to OPTIONS`,
		})
	}

	async function rings(call: ScriptedCall): Promise<void> {
		const leg = await phone.incoming.waitFor(({ callId }) => callId === call.callId)
		leg.reject(486)
		expect((await call.final()).status).toBe(486)
	}

	async function isUnknown(): Promise<void> {
		const before = [phone.incoming.items.length, phone.pushes.length]
		const refusal = await stranger.invite(contact, { body: SDP }).final()
		expect(refusal.status).toBe(404)
		// Word by word what anybody hears who asks for nobody.
		const nobody = await stranger.invite(contact.replace(/sip:.*@/, 'sip:nobody@'), { body: SDP }).final()
		const names = (response: typeof refusal) => [response.reason, ...[...response.headers].map(({ name }) => name)]
		expect(names(refusal)).toEqual(names(nobody))
		for (const method of ['OPTIONS', 'MESSAGE', 'SUBSCRIBE', 'FOO'])
			expect([method, (await stranger.send(method, contact)).status]).toEqual([method, 404])
		expect([phone.incoming.items.length, phone.pushes.length]).toEqual(before)
	}

	async function metric(name: string): Promise<number> {
		const response = await fetch(`${world.platform.addresses.operations}/metrics`)
		const [, value] = new RegExp(`^vigil_worker_${name} (\\d+)`, 'm').exec(await response.text()) ?? []
		if (value === undefined) throw new Error(`there is no metric ${name}`)
		return Number(value)
	}

	it('rings by default, as clusters call from elsewhere; it is noted on the call and counted', async () => {
		const counted = await metric('invites_from_elsewhere')
		const call = stranger.invite(contact, { body: SDP })
		await rings(call)
		const [received] = (await world.recordOf(call, account.id)).timeline
		expect(received).toMatchObject({ kind: 'invite.received', detail: { unusualSource: 'udp:127.0.0.9' } })
		expect(await metric('invites_from_elsewhere')).toBe(counted + 1)
		const usual = world.dial(account.username, { body: SDP })
		await rings(usual)
		expect((await world.recordOf(usual, account.id)).timeline[0]).not.toHaveProperty('detail.unusualSource')
		expect(await metric('invites_from_elsewhere')).toBe(counted + 1)
	})

	it('is a stranger where the tenant takes calls from registrars only, and rings by the registrar', async () => {
		const counted = await metric('invites_from_elsewhere_refused')
		await setting({ inviteSource: 'registrar' })
		await becomes(404)
		await isUnknown()
		expect(await metric('invites_from_elsewhere_refused')).toBe(counted + 1)
		await rings(world.dial(account.username, { body: SDP }))
	})

	it('rings from a network that the tenant names', async () => {
		await setting({ inviteSource: 'registrar', inviteNetworks: ['127.0.0.8/31'] })
		const call = stranger.invite(contact, { body: SDP })
		await rings(call)
		expect((await world.recordOf(call, account.id)).timeline[0]).not.toHaveProperty('detail.unusualSource')
		await setting({ inviteNetworks: ['127.0.0.10'] })
		await becomes(404)
		await isUnknown()
	})

	it('is what the account says, whatever the tenant says', async () => {
		await ofAccount('registrar')
		await becomes(404)
		await isUnknown()
		await setting({ inviteSource: 'registrar' })
		await ofAccount('any')
		await becomes(200)
		await rings(stranger.invite(contact, { body: SDP }))
	})
})
