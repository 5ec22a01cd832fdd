import { PHONE_SDP } from '@vigil/all-in-one'
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
		const response = await call.answered()
		expect(response.headers.get('To')).toBe(early.headers.get('To'))
		await call.bye()
		expect(await world.recordOf(call, account.id)).toMatchObject({ outcome: 'answered' })
	})

	it('answers what the caller asks in the dialog of AutoSend180, before there is a phone and after', async () => {
		const account = await world.addAccount({ attributes: { autoSend180: true } })
		const phone = await world.addScriptedPhone(account.id, { wakes: false })
		await phone.handoff('background')
		const call = world.dial(account.username)
		const dialog = call.early(await call.heard(180))
		expect((await dialog.request('UPDATE')).status).toBe(200)
		const offer = { body: PHONE_SDP, headers: [['Content-Type', 'application/sdp'] as const] }
		const early = await dialog.request('UPDATE', offer)
		expect([early.status, early.headers.has('Retry-After')]).toEqual([500, true])
		expect((await dialog.request('INFO')).status).toBe(500)
		expect((await dialog.request('OPTIONS')).status).toBe(200)
		await phone.attach()
		await (await phone.incoming.next()).answer(PHONE_SDP)
		await call.answered()
		expect((await dialog.request('INFO')).status).toBe(200)
		expect((await call.bye()).status).toBe(200)
		expect(await world.recordOf(call, account.id)).toMatchObject({ outcome: 'answered' })
	})

	it('ends with the caller’s BYE of that dialog, which is as good as a CANCEL, for a phone that rings too', async () => {
		const account = await world.addAccount({ attributes: { autoSend180: true } })
		const phone = await world.addScriptedPhone(account.id)
		await phone.handoff('background')
		const call = world.dial(account.username)
		const dialog = call.early(await call.heard(180))
		const leg = await phone.incoming.next()
		leg.ring()
		const reason = ['Reason', 'Q.850;cause=31;text="normal, unspecified"'] as const
		expect((await dialog.request('BYE', { headers: [reason] })).status).toBe(200)
		expect((await call.final()).status).toBe(487)
		expect((await leg.cancelled()).headers.all('Reason')).toContain(reason[1])
		expect(await world.recordOf(call, account.id)).toMatchObject({ outcome: 'cancelled' })
	})

	it('ends AutoSend180 with 480 when nobody wakes', async () => {
		const { username } = await world.sleepingUser({ account: { attributes: { autoSend180: true } }, wakes: false })
		const call = world.dial(username)
		await call.heard(180)
		expect((await call.final()).status).toBe(480)
		expect(statuses(call)).toEqual([100, 180, 480])
	})
})
