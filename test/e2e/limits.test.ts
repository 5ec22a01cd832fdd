import { TenantClient } from '@vigil/all-in-one'
import type { AccountView } from '@vigil/contracts'
import { type ScriptedCall, until } from '@vigil/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { kindsOf, PASSWORD, type SleepingUser, TestWorld } from '../world/test-world.ts'

// Limits of a tenant and of one account hold from the moment that they are changed: nothing is restarted.

let world: TestWorld

beforeAll(async () => {
	world = await TestWorld.start({ VIGIL_WAKE_SECONDS: '60' }, { challengeCalls: true })
})

afterAll(() => world?.close())

function setTenant(limits: object | null) {
	const { api, adminToken } = world.platform.addresses
	return new TenantClient(api, adminToken).request('PATCH', `/v1/tenants/${world.tenant.tenantId}/settings`, { limits })
}

function setAccount({ id }: AccountView, limits: object | null) {
	return world.tenant.client.request<AccountView>('PATCH', `/v1/accounts/${id}`, { limits })
}

/** Somebody whose phone does not come, with a call that waits for it. */
async function waitedFor(user?: SleepingUser): Promise<{ user: SleepingUser; call: ScriptedCall }> {
	const called = user ?? (await world.sleepingUser({ account: { attributes: { autoSend180: true } }, wakes: false }))
	const call = world.dial(called.username)
	await call.heard(180)
	return { user: called, call }
}

/** Calls until one is answered by that status; those that the worker takes on before it has heard of the change are given up. */
async function refusedBy(status: number, { username }: SleepingUser): Promise<void> {
	await until(
		async () => {
			const call = world.dial(username)
			const heard = await Promise.race([call.heard(180), call.final()])
			if (heard.status === 180) await call.cancel()
			return heard.status === status
		},
		{ what: `a call that is answered by ${status}` },
	)
}

/** Calls until one waits. */
async function waits({ username }: SleepingUser): Promise<ScriptedCall> {
	return until(async () => {
		const call = world.dial(username)
		const heard = await Promise.race([call.heard(180), call.final()])
		return heard.status === 180 && call
	})
}

describe('held calls', () => {
	it('of an account are as many as its tenant says, from then on', async () => {
		const { user, call } = await waitedFor()
		await setAccount(user.account, { heldCalls: 1 })
		await refusedBy(486, user)
		const { client } = world.tenant
		const { refusedCalls } = await until(async () => {
			const shown = await client.request<AccountView>('GET', `/v1/accounts/${user.account.id}`)
			return shown.refusedCalls && shown
		})
		expect(refusedCalls?.[0]).toMatchObject({ scope: 'account', limit: 'held-calls' })
		await setAccount(user.account, { heldCalls: 20 })
		const second = await waits(user)
		await Promise.all([call.cancel(), second.cancel()])
	})

	it('of a tenant are as many as the administrator says, whatever its accounts may', async () => {
		const { user, call } = await waitedFor()
		const other = await world.sleepingUser({ account: { attributes: { autoSend180: true } }, wakes: false })
		await setTenant({ heldCalls: 1 })
		await refusedBy(503, other)
		await setTenant(null)
		const second = await waits(other)
		await Promise.all([call.cancel(), second.cancel()])
		expect(user.account.limits).toBeUndefined()
	})
})

describe('pushes', () => {
	it('of an account are as many a second as its tenant says, from then on', async () => {
		const account = await world.addAccount()
		const phones = [0, 1, 2, 3].map(() => world.addPhone(account.id, { wakes: false }))
		for (const phone of phones) await (await phone).device.handoff('background')
		await setAccount(account, { pushesPerSecond: 1 })
		const sent = await until(async () => {
			const call = world.dial(account.username)
			const kinds = kindsOf(await timelineOf(account, call, 4))
			await call.cancel()
			return kinds.includes('push.refused') && kinds.filter((kind) => kind === 'push.sent').length
		})
		expect(sent).toBeLessThanOrEqual(2)
	})

	/** The record of a call as soon as so many pushes of it were sent or refused. */
	function timelineOf(account: AccountView, { callId }: ScriptedCall, pushes: number) {
		return until(async () => {
			const calls = await world.tenant.client.calls(account.id)
			const found = calls.find(({ sipCallId }) => sipCallId === callId)
			const record = found && (await world.tenant.client.call(found.id))
			const outcomes = record ? kindsOf(record).filter((kind) => kind === 'push.sent' || kind === 'push.refused') : []
			return outcomes.length >= pushes && record
		})
	}
})

describe('calls that devices make', () => {
	it('are as many at a time as the tenant says for the account, and the administrator for the tenant', async () => {
		const username = world.newUser()
		const dialled = `sip:${username}@${world.domain}`
		const bob = await world.newCaller({ uri: dialled, credentials: { username, password: PASSWORD } })
		await bob.register()
		const account = await world.addAccount({ attributes: { registrationMode: 2 }, limits: { outgoingCalls: 1 } })
		const phone = await world.addScriptedPhone(account.id)
		await phone.handoff('background')
		await until(() => world.registrar.bindings(account.username).length === 1)
		expect(await phone.attach()).toBe(200)
		/** 0 where the call reaches the other end. */
		const dial = async () => {
			const before = bob.incoming.items.length
			const call = phone.call(dialled)
			let status = 0
			void call.final().then((final) => {
				status = final.status
			})
			await until(() => status > 0 || bob.incoming.items.length > before)
			return status
		}
		expect([await dial(), await dial()]).toEqual([0, 480])
		await setAccount(account, null)
		await until(async () => (await dial()) === 0)
		await setTenant({ outgoingCalls: 2 })
		await until(async () => (await dial()) === 480)
		await setTenant(null)
		await until(async () => (await dial()) === 0)
	})
})
