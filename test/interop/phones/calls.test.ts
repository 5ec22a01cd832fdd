import { type ScriptedCaller, startScriptedCaller, until } from '@vigil/testkit'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { startTestPlatform, type TestPlatform } from '../../world/test-platform.ts'
import { havePeers } from '../peers/find-peer.ts'
import { Kamailio } from '../peers/kamailio.ts'
import type { RealPhone } from '../peers/real-phone.ts'
import { newMd5App, PHONES, startBaresip } from './phones.ts'
import { WokenPhone } from './woken-phone.ts'

const PASSWORD = 'correct-horse'
const PATIENCE = { deadlineMs: 30_000 }

describe.skipIf(!havePeers('kamailio', 'baresip', 'linphonec'))('a real softphone at the edge', () => {
	let kamailio: Kamailio
	let world: TestPlatform
	let caller: ScriptedCaller
	let phone: WokenPhone<RealPhone> | undefined
	let users = 0

	beforeAll(async () => {
		kamailio = await Kamailio.start({ password: PASSWORD })
		world = await startTestPlatform()
		caller = await startScriptedCaller({
			uri: 'sip:bob@pbx.test',
			server: { host: '127.0.0.1', port: kamailio.port, transport: 'udp' },
		})
		await newMd5App(world)
	})

	afterEach(async () => {
		await phone?.kill()
		phone = undefined
	})

	afterAll(async () => {
		await caller?.close()
		await world?.close()
		await kamailio?.stop()
	})

	async function newAccount() {
		const username = `user${++users}`
		const domain = `127.0.0.1:${kamailio.port}`
		const account = await world.tenant.addAccount({ username, domain, password: PASSWORD, transport: 'udp' })
		return { account, address: `sip:${username}@${domain}` }
	}

	const outcomes = async (accountId: string) =>
		(await world.tenant.client.calls(accountId)).map(({ outcome }) => outcome)

	describe.each(['baresip', 'linphonec'] as const)('%s', (name) => {
		it.each(['udp', 'tcp'] as const)(
			'over %s is woken, answers, is hung up, is called again at once and hangs up',
			async (transport) => {
				const { account, address } = await newAccount()
				phone = await WokenPhone.asleep<RealPhone>(world, account.id, { transport, ...PHONES[name] })

				const first = caller.invite(address)
				await first.answered(PATIENCE)
				const app = await phone.app()
				const what = () => `${name} to go on: ${app.story}`
				await until(() => app.answered === 1, { ...PATIENCE, what })
				expect((await first.bye()).status).toBe(200)

				const second = caller.invite(address)
				await second.answered(PATIENCE)
				await until(() => app.answered === 2 && app.talking === 1, { ...PATIENCE, what })
				await app.hangUp()
				await second.dialog.requests.waitFor(({ method }) => method === 'BYE', { ...PATIENCE, what: 'its BYE' })
				await until(() => app.talking === 0, { ...PATIENCE, what })
				await expect.poll(() => outcomes(account.id), PATIENCE_OF_POLL).toEqual(['answered', 'answered'])
				expect(new Set(phone.pushedFor)).toEqual(new Set([first.callId, second.callId]))
			},
		)

		it.each(['udp', 'tcp'] as const)('over %s quits in a call, and is woken again', async (transport) => {
			const { account, address } = await newAccount()
			phone = await WokenPhone.asleep<RealPhone>(world, account.id, { transport, ...PHONES[name] })
			const first = caller.invite(address)
			await first.answered(PATIENCE)
			await phone.quit()
			await first.dialog.requests.waitFor(({ method }) => method === 'BYE', { ...PATIENCE, what: 'its BYE' })
			// While it is about to end it refuses calls.
			const { deviceId } = phone
			const isGone = async () => (await world.platform.parts.stores.bindings.list([deviceId], Date.now())).length === 0
			await until(isGone, { ...PATIENCE, what: 'the end of its registration' })
			const second = caller.invite(address)
			await second.answered(PATIENCE)
			expect((await second.bye()).status).toBe(200)
			expect(phone.pushedFor).toContain(second.callId)
		})
	})

	it('that gives up at SHA-256 is asked for MD5 when it is started again', async () => {
		const { account, address } = await newAccount()
		phone = await WokenPhone.asleep<RealPhone>(world, account.id, { transport: 'udp', start: startBaresip })
		const lost = caller.invite(address)
		await until(() => phone?.pushedFor.length === 1, { ...PATIENCE, what: 'a push' })
		await expect(phone.app()).rejects.toThrow('could not register')
		await lost.cancel()
		await phone.kill()
		const taken = caller.invite(address)
		await taken.answered(PATIENCE)
		expect((await taken.bye()).status).toBe(200)
	})
})

const PATIENCE_OF_POLL = { timeout: PATIENCE.deadlineMs }
