import { until } from '@vigil/testkit'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { startTestPlatform, type TestPlatform } from '../../world/test-platform.ts'
import { havePeers } from '../peers/find-peer.ts'
import { Kamailio } from '../peers/kamailio.ts'
import { Linphonec } from '../peers/linphonec.ts'
import type { RealPhone } from '../peers/real-phone.ts'
import { newMd5App, PHONES } from './phones.ts'
import { WokenPhone } from './woken-phone.ts'

const PASSWORD = 'correct-horse'
const PATIENCE_MS = 30_000

describe.skipIf(!havePeers('kamailio', 'baresip', 'linphonec'))('an attended transfer', () => {
	let kamailio: Kamailio
	let world: TestPlatform
	let desk: Linphonec | undefined
	let phones: WokenPhone<RealPhone>[] = []
	let users = 0

	beforeAll(async () => {
		kamailio = await Kamailio.start({ password: PASSWORD })
		world = await startTestPlatform()
		await newMd5App(world)
	})

	afterEach(async () => {
		await Promise.all([desk?.kill(), ...phones.map((phone) => phone.kill())])
		phones = []
	})

	afterAll(async () => {
		await world?.close()
		await kamailio?.stop()
	})

	async function asleep<Phone extends RealPhone>(options: Parameters<typeof WokenPhone.asleep<Phone>>[2]) {
		const username = `user${++users}`
		const domain = `127.0.0.1:${kamailio.port}`
		const attributes = { registrationMode: 2 } as const
		const account = await world.tenant.addAccount({
			username,
			domain,
			password: PASSWORD,
			transport: 'udp',
			attributes,
		})
		const phone = await WokenPhone.asleep(world, account.id, options)
		phones.push(phone)
		return { phone, account, address: `sip:${username}@${domain}` }
	}

	/** A phone that has nothing to do with Vigil. */
	async function deskPhone(): Promise<Linphonec> {
		const user = `desk${++users}`
		const domain = `127.0.0.1:${kamailio.port}`
		return Linphonec.start({ user, domain, login: { user, password: PASSWORD }, expiresSeconds: 600 })
	}

	it.each([
		['udp', 'baresip'],
		['tcp', 'baresip'],
		['udp', 'linphonec'],
		['tcp', 'linphonec'],
	] as const)('over %s: linphonec is called, asks %s, and puts the two together', async (transport, target) => {
		desk = await deskPhone()
		const alice = await asleep({ transport, start: PHONES.linphonec.start })
		const bob = await asleep<RealPhone>({ transport, ...PHONES[target] })
		const what = () => [desk, ...phones].map((phone) => phone?.story).join('\n---\n')
		const wait = (condition: () => boolean) =>
			until(condition, { deadlineMs: PATIENCE_MS, what: () => `${condition}: ${what()}` })

		await desk.dial(alice.address)
		await wait(() => desk?.answered === 1)
		const app = await alice.phone.app()
		await wait(() => app.talking === 1)
		await app.dial(bob.address)
		await wait(() => app.talking === 2)
		const asked = await bob.phone.app()
		await wait(() => asked.answered === 1)
		const [first = '', second = ''] = app.connected
		app.transfer(first, second)
		if (target === 'baresip') {
			// It knows no Replaces (RFC 3891): it takes the call beside the one that it has, which its other end ends.
			await wait(() => app.talking === 1 && asked.answered === 2)
			await app.hangUp()
		}
		await wait(() => app.talking === 0)
		await wait(() => desk?.answered === 2 && desk.talking === 1)
		await wait(() => asked.answered === 2 && asked.talking === 1)
		await desk.hangUp()
		await wait(() => asked.talking === 0)
		expect(alice.phone.pushedFor).toHaveLength(1)
	})
})
