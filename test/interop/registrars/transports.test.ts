import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { havePeers } from '../peers/find-peer.ts'
import { RegistrarWorld } from './registrar-world.ts'
import { expectWholeLife } from './whole-life.ts'

describe.skipIf(!havePeers('kamailio', 'sipp'))('Kamailio', () => {
	let world: RegistrarWorld

	beforeAll(async () => {
		world = await RegistrarWorld.start({ maxExpiresSeconds: 4 })
	})

	afterAll(() => world?.close())

	it.each(['udp', 'tcp', 'tls', 'ws'] as const)('over %s: bound, refreshed, called, gone', async (transport) => {
		const seen = await expectWholeLife(world, `over${transport}`, transport)
		expect(new Set(seen.map((register) => register.transport))).toEqual(new Set([transport]))
	})
})
