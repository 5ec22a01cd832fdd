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

	it('gets no REGISTER, and the account says that it is not reached', async () => {
		const { username, account } = await world.user('alice', {
			transport: 'tls',
			domain: `127.0.0.1:${stranger.tlsPort}`,
		})
		// Of a server that is not on the internet the tenant is not told that something listens there.
		const reason = async () => (await world.registration(account.id, 'failing')).reason
		await expect.poll(reason, { timeout: PATIENCE_MS }).toContain('cannot be reached')
		expect(stranger.registers(username)).toEqual([])
	})
})
