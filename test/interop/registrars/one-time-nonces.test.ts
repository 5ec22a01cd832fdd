import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { havePeers } from '../peers/find-peer.ts'
import { isOneRegistration, RegistrarWorld, statusesOf } from './registrar-world.ts'

describe.skipIf(!havePeers('kamailio'))('a registrar whose nonces serve one request each', () => {
	let world: RegistrarWorld

	beforeAll(async () => {
		world = await RegistrarWorld.start({ nonces: 'one-time', maxExpiresSeconds: 4 })
	})

	afterAll(() => world?.close())

	it('is answered with each new nonce once per refresh, and never taken for one that refuses', async () => {
		const { username, account, phone } = await world.user('alice')
		const registers = await world.registers(username, 200, 4)
		expect(statusesOf(registers)).toEqual([401, 200, 401, 200, 401, 200, 401, 200])
		expect(isOneRegistration(registers)).toBe(true)
		const accepted = registers.filter(({ status }) => status === 200)
		expect(new Set(accepted.map(({ digest }) => digest.get('nonce'))).size).toBe(accepted.length)
		expect(new Set(accepted.map(({ digest }) => digest.get('nc')))).toEqual(new Set(['00000001']))
		expect(await world.registration(account.id, 'registered')).not.toHaveProperty('reason')

		await phone.device.handoff('foreground', { registered: true })
		await world.expectRemoved(username)
	})
})
