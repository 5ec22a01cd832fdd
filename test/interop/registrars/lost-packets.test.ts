import { SeededRandom } from '@vigil/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { havePeers } from '../peers/find-peer.ts'
import { LossyRelay } from '../peers/lossy-relay.ts'
import { isOneRegistration, RegistrarWorld, withoutCopies } from './registrar-world.ts'

/** Of every ten packets of an account, three are lost; which ones is drawn. */
const TEN = [true, true, true, false, false, false, false, false, false, false]
/** The first copy leaves 500 ms after the request (RFC 3261 17.1.2.2, T1); less is left where the registrar was slow to look. */
const FIRST_COPY_MS = 400
const USERS = ['ann', 'ben', 'cem', 'dia']

function threeOfTen(random: SeededRandom): () => boolean {
	let drawn: boolean[] = []
	return () => {
		if (drawn.length === 0) drawn = random.shuffle(TEN)
		return drawn.pop() === true
	}
}

describe.skipIf(!havePeers('kamailio'))('a registrar behind ways that lose three packets of ten', () => {
	const seed = Number(process.env.VIGIL_TEST_SEED ?? 1)
	const relays: LossyRelay[] = []
	let world: RegistrarWorld

	beforeAll(async () => {
		world = await RegistrarWorld.start({ maxExpiresSeconds: 12 })
	})

	afterAll(async () => {
		for (const relay of relays) relay.close()
		await world?.close()
	})

	/** An account with a way of its own, so that its losses depend on nothing but the seed. */
	async function registered(username: string, index: number) {
		const relay = await LossyRelay.start(world.kamailio.port, threeOfTen(new SeededRandom(seed + index)))
		relays.push(relay)
		const { account } = await world.user(username, { domain: `127.0.0.1:${relay.port}` })
		const registers = await world.registers(username, 200, 3)
		expect(await world.registration(account.id, 'registered')).not.toHaveProperty('reason')
		return { registers, lost: relay.counters.dropped }
	}

	it(`binds and refreshes with copies, never with a second request beside the first (seed ${seed})`, async () => {
		for (const { registers, lost } of await Promise.all(USERS.map(registered))) {
			expect(lost).toBeGreaterThan(0)
			expect(isOneRegistration(registers)).toBe(true)
			for (const { cseq, atMs } of withoutCopies(registers)) {
				const copies = registers.filter((register) => register.cseq === cseq).slice(1)
				for (const copy of copies) expect(copy.atMs - atMs).toBeGreaterThanOrEqual(FIRST_COPY_MS)
			}
		}
	})
})
