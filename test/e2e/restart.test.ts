import { until } from '@vigil/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { TestWorld } from '../world/test-world.ts'

describe('a platform that is stopped and started again', () => {
	let world: TestWorld

	beforeAll(async () => {
		world = await TestWorld.start()
	})

	afterAll(() => world?.close())

	const registersOf = (username: string) => world.registrar.registers.items.filter(({ user }) => user === username)

	it('goes on with its registrations, and a call works at once', async () => {
		const { username, account, phone } = await world.sleepingUser()
		const before = registersOf(username).at(-1)
		const [bound] = world.registrar.bindings(username)
		await world.platform.restart(async () => {
			// Nobody was told that the phone is gone: whoever starts next is bound already.
			expect(world.registrar.bindings(username)).toEqual([bound])
		})
		const call = world.dial(username)
		await call.answered()
		await call.bye()
		expect(await world.recordOf(call, account.id)).toMatchObject({ outcome: 'answered' })
		await phone.close()

		const after = await world.registrar.registers.waitFor(
			({ user, status, cseq }) => user === username && status === 200 && cseq > (before?.cseq ?? 0),
		)
		expect(after.callId).toBe(before?.callId)
		expect(after.contacts.map(({ uri }) => uri)).toEqual(before?.contacts.map(({ uri }) => uri))
		expect(world.registrar.bindings(username)).toHaveLength(1)
	})

	it('knows its tenants, devices and calls as before', async () => {
		const { username, account, phone } = await world.sleepingUser({ wakes: false, user: 'ignore' })
		const missed = world.dial(username)
		await missed.cancel()
		await missed.final()
		const record = await world.recordOf(missed, account.id)
		await world.platform.restart()
		// The last words of a push may be written while the platform stops.
		expect(await world.tenant.client.call(record.id)).toEqual({
			...record,
			timeline: expect.arrayContaining(record.timeline),
		})
		const handoff = await phone.device.handoff('background')
		expect(handoff.lines).toMatchObject([{ holder: 'service', registration: { state: 'registered' } }])
		expect(handoff.missedCalls).toMatchObject([{ callId: record.id }])
	})

	it('finds an attached phone again', async () => {
		const { username, phone } = await world.sleepingUser()
		await phone.device.attach()
		await world.platform.restart()
		await until(() => phone.device.attachment === 'attached')
		const call = world.dial(username)
		await call.answered()
		await call.bye()
		expect(phone.calls).toHaveLength(1)
	})

	it('ends the calls that wait, and lets nobody ring on', async () => {
		const { username, account, phone } = await world.sleepingUser({ user: 'ignore' })
		const call = world.dial(username)
		await call.heard(180)
		await world.platform.restart()
		expect((await call.final()).status).toBe(480)
		await until(() => phone.calls[0]?.state === 'ended')
		expect(await world.recordOf(call, account.id)).toMatchObject({ outcome: 'missed' })
	})

	it('acts on what changed while it was down', async () => {
		const { username, phone } = await world.sleepingUser()
		await world.platform.restart(async () => world.registrar.dropBindings(username))
		await until(() => world.registrar.bindings(username).length === 1)
		const call = world.dial(username)
		await call.answered()
		await call.bye()
		expect(phone.calls).toHaveLength(1)
	})
})
