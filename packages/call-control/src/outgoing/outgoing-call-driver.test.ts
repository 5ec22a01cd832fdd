import { testSeed } from '@vigil/testkit'
import { describe, expect, it } from 'vitest'
import { OutgoingWorld, RING_WITHIN_MS, type ServerPlan } from '../../test/outgoing-world.ts'

const WEATHER = { loss: 0.2, duplication: 0.1, reorder: 0.2, reorderDelayMs: 700, minDelayMs: 5, maxDelayMs: 80 }
/** Longer than any transaction and any bridge lives. */
const A_WHILE_MS = 200_000

function finalStatuses({ heard }: OutgoingWorld): number[] {
	return [...new Set(heard.map(({ status }) => status).filter((status) => status >= 200))]
}

async function talking(plan: ServerPlan = {}) {
	const world = new OutgoingWorld(plan)
	world.dial()
	await world.clock.advance(1500)
	expect(finalStatuses(world)).toEqual([200])
	return world
}

/** Nothing is left of the call. */
async function atRest(world: OutgoingWorld): Promise<void> {
	await world.clock.advance(A_WHILE_MS)
	expect(world.registry.size).toBe(0)
	expect(world.begun).toHaveLength(1)
	expect(world.ended).toHaveLength(1)
	expect(world.clock.pendingTimers).toBe(0)
}

describe('a call of a device', () => {
	it('is challenged, answered and hung up by the device, whose BYE is challenged too', async () => {
		const world = await talking()
		const responses = world.deviceSends('BYE')
		await world.clock.advance(100)
		expect(responses.map(({ status }) => status)).toEqual([200])
		expect(world.serverDialogs.size).toBe(0)
		expect(world.heard.map(({ status }) => status)).not.toContain(407)
		expect(world.atServer.map(({ method }) => method)).toEqual(['INVITE', 'INVITE', 'BYE', 'BYE'])
		expect(world.begun[0]).toMatchObject({ direction: 'outgoing', placedBy: 'dev1', fromUri: 'sip:alice@pbx.example' })
		expect(world.ended[0]).toMatchObject({ outcome: 'answered', finalStatus: 200 })
		await atRest(world)
	})

	it('is sent by the Service-Route, from the line and a Contact of its own', async () => {
		const world = await talking()
		const { headers, uri } = world.atServer[1] ?? expect.unreachable()
		expect(uri).toBe('sip:bob@pbx.example')
		expect(headers.all('Route')).toEqual(['<sip:10.0.1.1;lr>'])
		expect(headers.get('Contact')).toMatch(/^<sip:[a-z2-7]{20}@10\.0\.1\.2:5060>$/)
		expect(headers.get('From')).toMatch(/^<sip:alice@pbx.example>;tag=/)
		world.calleeHangsUp()
		await world.clock.advance(100)
		expect(world.atDevice.map(({ method }) => method)).toEqual(['BYE'])
		await atRest(world)
	})

	it('takes a nonce that is stale for no wrong password', async () => {
		const world = await talking({ staleProofs: 1 })
		expect(world.atServer).toHaveLength(3)
		world.calleeHangsUp()
		await atRest(world)
	})

	it('keeps the first of several answers, and hangs up the others', async () => {
		const world = await talking({ forks: 2 })
		await world.clock.advance(2000)
		expect(world.serverDialogs.size).toBe(1)
		world.calleeHangsUp()
		await atRest(world)
	})

	it('passes requests within the call, challenged or not', async () => {
		const world = await talking()
		for (const method of ['INFO', 'REFER', 'UPDATE']) {
			const responses = world.deviceSends(method)
			await world.clock.advance(100)
			expect(responses.map(({ status }) => status)).toEqual([200])
		}
		world.calleeHangsUp()
		await atRest(world)
	})

	it('is given up when nobody answers', async () => {
		const world = new OutgoingWorld({ answerAfterMs: 10 * RING_WITHIN_MS })
		world.dial()
		await world.clock.advance(RING_WITHIN_MS + 1000)
		expect(finalStatuses(world)).toEqual([408])
		expect(world.ended[0]).toMatchObject({ outcome: 'missed' })
		await atRest(world)
	})

	it('is refused beyond the bound, which opens again when a call ends', async () => {
		const world = new OutgoingWorld({ status: 486 })
		for (let call = 0; call < 3; call++) world.dial()
		await world.clock.advance(500)
		expect(finalStatuses(world)).toEqual([480])
		await world.clock.advance(A_WHILE_MS)
		world.dial()
		await world.clock.advance(2000)
		expect(world.ended).toHaveLength(3)
	})
})

describe('a call of a device on a network that loses, repeats and reorders', () => {
	const seeds = Array.from({ length: 15 }, (_, index) => testSeed() + index)

	it.each(seeds)('is answered and ends on both sides (seed %i)', async (seed) => {
		const world = new OutgoingWorld({ staleProofs: seed % 2, forks: seed % 3 }, WEATHER, seed)
		world.dial()
		await world.clock.advance(40_000)
		expect(finalStatuses(world)).toEqual([200])
		expect(world.heard.map(({ status }) => status)).not.toContain(407)
		if (seed % 2 === 0) world.deviceSends('BYE')
		else world.calleeHangsUp()
		await atRest(world)
		expect(world.serverDialogs.size).toBe(0)
	})

	it.each(seeds)('has one end when it is cancelled at any time (seed %i)', async (seed) => {
		const world = new OutgoingWorld({ answerAfterMs: 2000 }, WEATHER, seed)
		const call = world.dial()
		await world.clock.advance((seed * 389) % 4000)
		call.cancel()
		await world.clock.advance(40_000)
		const statuses = finalStatuses(world)
		expect(statuses).toHaveLength(1)
		expect([200, 487]).toContain(statuses[0])
		if (statuses[0] === 200) world.deviceSends('BYE')
		await atRest(world)
		expect(world.serverDialogs.size).toBe(0)
	})
})
