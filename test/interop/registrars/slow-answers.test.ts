import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { havePeers } from '../peers/find-peer.ts'
import { isOneRegistration, RegistrarWorld, statusesOf, withoutCopies } from './registrar-world.ts'

/** The registrar thinks for so long about users whose name begins with `late`. */
const LATE_MS = 3000
/** RFC 3261 17.1.2.2: a request over UDP leaves at 0, 500, 1500 and, where the machine is slow as well, 3500 ms. */
const MOST_COPIES = 4

describe.skipIf(!havePeers('kamailio'))('a registrar that takes three seconds for each answer', () => {
	let world: RegistrarWorld

	beforeAll(async () => {
		world = await RegistrarWorld.start({ maxExpiresSeconds: 8 })
	})

	afterAll(() => world?.close())

	it.concurrent.each(['udp', 'tcp'] as const)(
		'over %s gets one request at a time, and the binding holds',
		async (transport) => {
			const { username, account } = await world.user(`late${transport}`, { transport })
			const registers = await world.registers(username, 200, 2)
			expect(statusesOf(registers)).toEqual([401, 200, 200])
			expect(isOneRegistration(registers)).toBe(true)
			for (const { cseq, atMs, answeredAtMs } of withoutCopies(registers)) {
				expect((answeredAtMs ?? 0) - atMs).toBeGreaterThanOrEqual(LATE_MS - 100)
				const copies = registers.filter((register) => register.cseq === cseq).length
				if (transport === 'tcp') expect(copies).toBe(1)
				else expect(copies).toBeLessThanOrEqual(MOST_COPIES)
			}
			await world.registration(account.id, 'registered')
		},
	)
})
