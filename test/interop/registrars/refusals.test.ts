import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { havePeers } from '../peers/find-peer.ts'
import {
	isOneRegistration,
	PASSWORD,
	RegistrarWorld,
	statusesOf,
	withoutCopies,
	withoutQueries,
} from './registrar-world.ts'

/** Retry-After of the registrar. */
const RETRY_AFTER_MS = 2000

// What the registrar does to whom is in registrar.cfg, route TROUBLE.
describe.skipIf(!havePeers('kamailio'))('a registrar that refuses', () => {
	let world: RegistrarWorld

	/** A registrar that has not asked anybody for a password yet: preemptive credentials are tried without that first. */
	const unknown = () => world.withOther({})

	beforeAll(async () => {
		world = await RegistrarWorld.start({ maxExpiresSeconds: 120 })
	})

	afterAll(() => world?.close())

	it('503 with Retry-After is asked again when it said, not before, unless a handoff waits for it', async () => {
		const { username, account, line } = await world.user('busy')
		expect(line?.registration).toMatchObject({ state: 'failing', sipStatus: 503 })
		const registers = withoutCopies(await world.registers(username, 200, 1))
		expect(statusesOf(registers)).toEqual([503, 503, 401, 200])
		expect(isOneRegistration(registers)).toBe(true)
		// The handoff may come after the first refusal, and then brings the second.
		const [, second, third] = registers.map(({ atMs }) => atMs)
		expect((third ?? 0) - (second ?? 0)).toBeGreaterThanOrEqual(RETRY_AFTER_MS)
		const bound = await world.registration(account.id, 'registered')
		expect(bound).not.toHaveProperty('sipStatus')
		expect(bound).not.toHaveProperty('reason')
	})

	it('423 is asked for Min-Expires at once', async () => {
		const { username, account } = await world.user('brief', { attributes: { registrationRefreshSeconds: 60 } })
		const { grantedExpiresSeconds } = await world.registration(account.id, 'registered')
		expect(grantedExpiresSeconds).toBe(90)
		const registers = withoutCopies(await world.registers(username, 200, 1))
		expect(registers.map(({ expires, status }) => [expires, status])).toEqual([
			[60, 423],
			[90, 401],
			[90, 200],
		])
		expect(isOneRegistration(registers)).toBe(true)
	})

	it('503 to five users speaks for the whole registrar: everybody else waits as long, or until one is accepted', async () => {
		const other = await world.withOther({})
		try {
			const crowd = [1, 2, 3, 4, 5].map((number) => `busycrowd${number}`)
			await Promise.all(crowd.map((username) => other.user(username)))
			const refused = await Promise.all(crowd.map((username) => other.registers(username, 503, 1)))
			const refusedAtMs = refused.map(([first]) => first?.answeredAtMs ?? Number.NaN)
			const { username, account } = await other.user('patient')
			await other.registration(account.id, 'registered')
			const registers = await other.registers(username, 200, 1)
			expect(statusesOf(registers).at(-1)).toBe(200)
			// One who hands over may try the server meanwhile; whoever is accepted ends it for all.
			const accepted = await Promise.all(crowd.map((username) => other.registers(username, 200, 1)))
			const acceptedAtMs = accepted.map((seen) => seen.at(-1)?.atMs ?? Number.NaN)
			const overAtMs = Math.min(Math.max(...refusedAtMs) + RETRY_AFTER_MS, ...acceptedAtMs)
			expect(registers[0]?.atMs).toBeGreaterThanOrEqual(overAtMs)
		} finally {
			await other.close()
		}
	})

	it('500 once may mean a CSeq that did not rise: the next one has a new Call-ID', async () => {
		const other = await unknown()
		try {
			const { username, account } = await other.user('hiccup')
			await other.registration(account.id, 'registered')
			const [refused, ...registers] = withoutCopies(await other.registers(username, 200, 1))
			expect(refused?.status).toBe(500)
			expect(statusesOf(withoutQueries(registers))).toEqual([401, 200])
			expect(isOneRegistration(registers)).toBe(true)
			expect(registers[0]?.callId).not.toBe(refused?.callId)
		} finally {
			await other.close()
		}
	})

	it('403 stops it until the tenant changes something', async () => {
		const other = await unknown()
		try {
			const { username, account, phone, line } = await other.user('forbidden')
			expect(line?.registration).toMatchObject({ state: 'rejected', sipStatus: 403 })
			await phone.device.handoff('foreground')
			await phone.device.handoff('background')
			const tried = async (times: number) => withoutQueries(await other.answered(username, times))
			expect(statusesOf(await tried(1))).toEqual([403])
			const password = `${PASSWORD}, changed`
			await other.tenant.client.request('PATCH', `/v1/accounts/${account.id}`, { password })
			await other.registers(username, 403, 2)
			await other.registration(account.id, 'rejected')
			const all = await other.answered(username)
			expect(statusesOf(withoutQueries(all))).toEqual([403, 403])
			expect(isOneRegistration(all)).toBe(true)
		} finally {
			await other.close()
		}
	})
})
