import { TenantClient } from '@vigil/all-in-one'
import type { AddLineResponse } from '@vigil/contracts'
import { until } from '@vigil/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { kindsOf, PASSWORD, TestWorld } from '../world/test-world.ts'

describe('devices and lines', () => {
	let world: TestWorld

	beforeAll(async () => {
		world = await TestWorld.start()
	})

	afterAll(() => world?.close())

	const unbound = (username: string) => until(() => world.registrar.bindings(username).length === 0)
	const bound = (username: string) => until(() => world.registrar.bindings(username).length === 1)
	const changeAccount = (id: string, change: object) =>
		world.tenant.client.request('PATCH', `/v1/accounts/${id}`, change)
	const stateOf = async (id: string) => (await world.tenant.client.registration(id)).registration.state

	it('ring together; the first that answers has the call and the other is told so', async () => {
		const { username, account, phone } = await world.sleepingUser({ user: 'ignore' })
		const other = await world.addScriptedPhone(account.id)
		await other.handoff('background')
		const call = world.dial(username)
		const leg = await other.incoming.next()
		leg.ring()
		await until(() => phone.calls[0]?.state === 'ringing')
		await phone.calls[0]?.accept('v=0\r\n')
		const response = await call.answered()
		const cancel = await leg.cancelled()
		expect(cancel.headers.get('Reason')).toMatch(/^SIP;\s*cause=200/)
		expect(response.headers.get('To')).toBe((await call.heard(180)).headers.get('To'))
		await call.bye()
		const record = await world.recordOf(call, account.id)
		expect(record.answeredBy).toBe(phone.device.identity.deviceId)
	})

	it('show a call that another device took as such', async () => {
		const { username, account, phone } = await world.sleepingUser({ user: 'ignore' })
		const other = await world.addPhone(account.id, { user: 'ignore' })
		await other.device.handoff('background')
		const call = world.dial(username)
		await until(() => [phone, other].every(({ calls }) => calls[0]?.state === 'ringing'))
		await other.calls[0]?.accept('v=0\r\n')
		await call.answered()
		await until(() => phone.calls[0]?.end === 'answered-elsewhere')
		expect(other.calls[0]?.state).toBe('answered')
		await call.bye()
	})

	it('decline for the whole account with 603; one that is busy leaves the others ringing', async () => {
		const { username, account, phone } = await world.sleepingUser({ user: 'ignore' })
		const other = await world.addPhone(account.id, { user: 'ignore' })
		await other.device.handoff('background')
		const call = world.dial(username)
		await until(() => [phone, other].every(({ calls }) => calls[0]?.state === 'ringing'))
		await phone.calls[0]?.decline(486)
		await until(async () => kindsOf(await latestCall(account.id)).includes('declined'))
		expect(other.calls[0]?.state).toBe('ringing')
		await other.calls[0]?.decline()
		expect((await call.final()).status).toBe(603)
	})

	it('serve two lines with one attachment', async () => {
		const first = await world.sleepingUser({ user: 'ignore' })
		const second = await world.addAccount()
		const { code } = await world.tenant.client.createEnrolment(second.id)
		const { deviceToken } = first.phone.device.identity
		const own = new TenantClient(world.platform.addresses.api, deviceToken)
		const { lines } = await own.request<AddLineResponse>('POST', '/v1/devices/me/lines', { enrolmentCode: code })
		expect(lines.map(({ accountId }) => accountId)).toEqual([first.account.id, second.id])
		const handoff = await first.phone.device.handoff('background')
		expect(handoff.lines.map(({ holder }) => holder)).toEqual(['service', 'service'])
		for (const username of [first.username, second.username]) {
			const call = world.dial(username)
			await call.heard(180)
			const { phone } = first
			const ringing = phone.device.call(call.callId)
			expect(ringing?.to).toBe(`sip:${username}@${world.domain}`)
			// An attached phone gets the INVITE first; the line's id comes with the push.
			await until(() => ringing?.accountId)
			await ringing?.decline()
			await call.final()
		}
		expect(first.phone.calls.map(({ accountId }) => accountId)).toEqual([first.account.id, second.id])
	})

	it('stand for their account until the last one is removed', async () => {
		const { username, account, phone } = await world.sleepingUser()
		const other = await world.addPhone(account.id)
		await other.device.handoff('background')
		await other.device.attach()
		await world.tenant.client.request('DELETE', `/v1/devices/${other.device.identity.deviceId}`)
		await until(() => other.device.attachment === 'detached')
		await expect(other.device.handoff('background')).rejects.toMatchObject({ status: 409 })
		const call = world.dial(username)
		await call.answered()
		await call.bye()
		expect(other.calls).toEqual([])
		await phone.device.remove()
		await unbound(username)
		expect((await world.dial(username).final()).status).toBe(480)
	})

	it('stop ringing when they are removed', async () => {
		const { username, account, phone } = await world.sleepingUser({ user: 'ignore' })
		const call = world.dial(username)
		await call.heard(180)
		await world.tenant.client.request('DELETE', `/v1/devices/${phone.device.identity.deviceId}`)
		expect((await call.final()).status).toBe(480)
		expect(await world.recordOf(call, account.id)).toMatchObject({ outcome: 'missed' })
		await until(() => phone.device.attachment === 'detached')
	})

	it('leave a disabled account alone, and hold it again when it is enabled', async () => {
		const { username, account } = await world.sleepingUser()
		await changeAccount(account.id, { disabled: true })
		await unbound(username)
		await until(async () => (await stateOf(account.id)) === 'unregistered')
		expect((await world.dial(username).final()).status).toBe(480)
		await changeAccount(account.id, { disabled: false })
		await bound(username)
		const call = world.dial(username)
		await call.answered()
		await call.bye()
	})

	it('are unregistered for when push is switched off, and registered for when it is on again', async () => {
		const { username, account, phone } = await world.sleepingUser()
		await changeAccount(account.id, { attributes: { pushEnabled: false } })
		await unbound(username)
		const off = await phone.device.handoff('background')
		expect(off.lines).toMatchObject([
			{
				holder: 'none',
				next: 'none',
				registration: { state: 'unregistered', reason: 'push is turned off for the account' },
			},
		])
		await expect(changeAccount(account.id, { attributes: { pushEnabled: true } })).rejects.toMatchObject({
			status: 409,
		})
		await changeAccount(account.id, { attributes: { pushEnabled: true }, password: PASSWORD })
		await bound(username)
		expect((await phone.device.handoff('background')).lines).toMatchObject([{ holder: 'service' }])
	})

	async function latestCall(accountId: string) {
		const [latest] = await world.tenant.client.calls(accountId)
		return world.tenant.client.call(latest?.id ?? '')
	}
})
