import { until } from '@vigil/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { TestWorld } from '../world/test-world.ts'

describe('what the caller hears while the phone wakes', () => {
	let world: TestWorld

	beforeAll(async () => {
		world = await TestWorld.start()
	})

	afterAll(() => world?.close())

	const statuses = (call: ReturnType<TestWorld['dial']>) => [
		...new Set(call.responses.items.map(({ status }) => status)),
	]

	it('is nothing but Trying unless the account asks for more', async () => {
		const { username, phone } = await world.sleepingUser({ wakes: false, user: 'ignore' })
		const call = world.dial(username)
		await until(() => phone.pushes.length === 1)
		await phone.device.attach()
		await call.heard(180)
		expect(phone.calls[0]?.state).toBe('ringing')
		expect(statuses(call)).toEqual([100, 180])
		await phone.calls[0]?.decline()
		await call.final()
	})

	it('is 180 at once with AutoSend180, in the same dialog as what the phone says later', async () => {
		const { username, account, phone } = await world.sleepingUser({
			account: { attributes: { autoSend180: true } },
			wakes: false,
		})
		const call = world.dial(username)
		const early = await call.heard(180)
		expect(early.headers.has('Require')).toBe(false)
		expect(early.headers.get('Contact')).toBeDefined()
		expect(phone.device.attachment).toBe('detached')
		await until(() => phone.pushes.length === 1)
		await phone.device.attach()
		const answer = await call.answered()
		expect(answer.headers.get('To')).toBe(early.headers.get('To'))
		await call.bye()
		expect(await world.recordOf(call, account.id)).toMatchObject({ outcome: 'answered' })
	})

	it('ends AutoSend180 with 480 when nobody wakes', async () => {
		const { username } = await world.sleepingUser({ account: { attributes: { autoSend180: true } }, wakes: false })
		const call = world.dial(username)
		await call.heard(180)
		expect((await call.final()).status).toBe(480)
		expect(statuses(call)).toEqual([100, 180, 480])
	})
})
