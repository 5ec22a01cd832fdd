import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { havePeers } from '../peers/find-peer.ts'
import { isOneRegistration, RegistrarWorld, withoutCopies } from './registrar-world.ts'

/** The first wait after a failure, seconds: between half and the whole of 4 for the first, of 8 for the second. */
const SHORTEST_WAIT_MS = 2000

describe.skipIf(!havePeers('kamailio'))('a registrar that answers 500 to everything', () => {
	let world: RegistrarWorld

	beforeAll(async () => {
		world = await RegistrarWorld.start()
	})

	afterAll(() => world?.close())

	it('is asked once more with a new Call-ID, then after a wait', async () => {
		const { username, account } = await world.user('broken')
		const registers = withoutCopies(await world.registers(username, 500, 4))
		// The handoff may come after the second, and then brings the third.
		const [first, second, third, fourth] = registers
		expect(second?.callId).not.toBe(first?.callId)
		expect(isOneRegistration(registers.slice(1))).toBe(true)
		expect((fourth?.atMs ?? 0) - (third?.atMs ?? 0)).toBeGreaterThanOrEqual(SHORTEST_WAIT_MS)
		expect(await world.registration(account.id, 'failing')).toMatchObject({ sipStatus: 500 })
	})
})
