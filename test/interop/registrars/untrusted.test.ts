import { createCertificateAuthority } from '@vigil/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { havePeers } from '../peers/find-peer.ts'
import { Kamailio } from '../peers/kamailio.ts'
import { PASSWORD, RegistrarWorld } from './registrar-world.ts'

/** Far longer than an attempt takes. */
const PATIENCE_MS = 50_000

describe.skipIf(!havePeers('kamailio'))('a registrar whose certificate nobody vouches for', () => {
	let world: RegistrarWorld
	let stranger: Kamailio

	beforeAll(async () => {
		const certificate = await (await createCertificateAuthority()).issue(['127.0.0.1'])
		stranger = await Kamailio.start({ password: PASSWORD, certificate })
		world = await RegistrarWorld.start()
	})

	afterAll(async () => {
		await world?.close()
		await stranger?.stop()
	})

	it('gets no REGISTER, and the account says why', async () => {
		const { username, account } = await world.user('alice', {
			transport: 'tls',
			domain: `127.0.0.1:${stranger.tlsPort}`,
		})
		const { reason } = await world.registration(account.id, 'failing')
		expect(reason).toContain('certificate')
		// None is shown while one is under way.
		const next = async () => (await world.registration(account.id, 'failing')).nextAttemptAt
		await expect.poll(next, { timeout: PATIENCE_MS }).toBeDefined()
		expect(stranger.registers(username)).toEqual([])
	})
})
