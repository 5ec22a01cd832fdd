import type { AccountId, DeviceId, TenantId } from '@vigil/domain'
import { describe, expect, it } from 'vitest'
import { createAccount, createTenant, enrolDevice } from '../builders.ts'
import type { ApiResponse, Harness } from '../harness.ts'

/** Holder, next step and status code of an answer with one line. */
function gist({ status, body }: ApiResponse) {
	const [line] = body.lines
	return [status, line.holder, line.next]
}

/** The events of a stream that has ended. */
function eventsOf({ text }: ApiResponse) {
	return [...text.matchAll(/^data: (.*)$/gm)].map(([, data]) => JSON.parse(data as string))
}

export function modeSuite(api: () => Harness): void {
	const inMode = async (registrationMode: number) => {
		const tenant = await createTenant(api())
		const accountId = await createAccount(api(), tenant, { attributes: { registrationMode } })
		const device = await enrolDevice(api(), tenant, accountId)
		api().signals.published.length = 0
		const url = '/v1/devices/me/handoff'
		return {
			tenant,
			accountId,
			device,
			handoff: (body: object) => api().request(device.token, 'POST', url, body),
			present: () => api().request(device.token, 'GET', url),
			events: () => api().request(device.token, 'GET', `${url}/events`),
			registration: async () => (await api().request(tenant.key, 'GET', `/v1/accounts/${accountId}/registration`)).body,
		}
	}

	describe('a handoff in mode 1', () => {
		it('lets the service register only when the device has unregistered and the server shows it', async () => {
			const { accountId, handoff, present, registration } = await inMode(1)
			await handoff({ state: 'foreground', registered: true })
			api().owner.foreign = 1
			expect(gist(await handoff({ state: 'background' }))).toEqual([200, 'device', 'unregister'])
			expect((await registration()).registration).toMatchObject({
				state: 'unregistered',
				holding: 'waiting',
				blockingReason: 'the device is still registered at the SIP server',
			})
			// It says that it has, but the server still shows the binding.
			const said = await handoff({ state: 'background', unregistered: true, waitSeconds: 0 })
			expect(gist(said)).toEqual([202, 'none', 'none'])
			expect(said.body.lines[0].registration.blockingReason).toBe('the device is still registered at the SIP server')
			api().owner.foreign = 0
			await api().owner.askAgain(accountId)
			expect(gist(await present())).toEqual([200, 'service', 'none'])
			expect((await registration()).holder).toBe('service')
		})

		it('lets the device register only when our own binding is gone', async () => {
			const { accountId, handoff, present } = await inMode(1)
			await handoff({ state: 'background', unregistered: true })
			api().owner.slowRemoval = true
			const back = await handoff({ state: 'foreground', waitSeconds: 0 })
			expect(gist(back)).toEqual([202, 'service', 'wait'])
			expect(back.body.lines[0].registration.holding).toBe('releasing')
			expect(gist(await handoff({ state: 'foreground', waitSeconds: 0 }))).toEqual([202, 'service', 'wait'])
			api().owner.slowRemoval = false
			await api().signals.publish('account.changed', { accountId })
			expect(gist(await present())).toEqual([200, 'none', 'register'])
			expect(gist(await handoff({ state: 'foreground', registered: true }))).toEqual([200, 'device', 'none'])
		})

		it('answers within one request when the server is quick', async () => {
			const { handoff } = await inMode(1)
			expect(gist(await handoff({ state: 'background', unregistered: true }))).toEqual([200, 'service', 'none'])
			expect(gist(await handoff({ state: 'foreground' }))).toEqual([200, 'none', 'register'])
			expect(gist(await handoff({ state: 'foreground' }))).toEqual([200, 'none', 'register'])
		})

		it('keeps a second device waiting while one is registered', async () => {
			const { tenant, accountId, handoff } = await inMode(1)
			await handoff({ state: 'foreground', registered: true })
			const other = await enrolDevice(api(), tenant, accountId)
			const body = { state: 'foreground', waitSeconds: 0 }
			const response = await api().request(other.token, 'POST', '/v1/devices/me/handoff', body)
			expect(gist(response)).toEqual([202, 'device', 'wait'])
			expect(response.body.lines[0].registration.blockingReason).toMatch(/^another device of the account/)
		})

		it('that is taken back ends with the last statement', async () => {
			const { handoff } = await inMode(1)
			await handoff({ state: 'background', unregistered: true, sequence: 1 })
			api().owner.slowRemoval = true
			expect((await handoff({ state: 'foreground', waitSeconds: 0, sequence: 2 })).status).toBe(202)
			const again = await handoff({ state: 'background', unregistered: true, sequence: 3 })
			expect(gist(again)).toEqual([200, 'service', 'none'])
			const late = await handoff({ state: 'foreground', sequence: 2 })
			expect([late.body.superseded, late.body.state, ...gist(late)]).toEqual([
				true,
				'background',
				200,
				'service',
				'none',
			])
		})
	})

	describe('a handoff in mode 2', () => {
		it('changes nothing upstream: the device attaches and goes', async () => {
			const { handoff, registration } = await inMode(2)
			expect(gist(await handoff({ state: 'background' }))).toEqual([200, 'service', 'none'])
			const before = (await registration()).registration
			expect(gist(await handoff({ state: 'foreground', leaseSeconds: 60 }))).toEqual([200, 'service', 'attach'])
			expect(gist(await handoff({ state: 'terminated' }))).toEqual([200, 'service', 'none'])
			expect((await registration()).registration).toEqual(before)
		})
	})

	describe('a handoff in mode 3', () => {
		it('tells nobody to unregister', async () => {
			const { handoff } = await inMode(3)
			expect(gist(await handoff({ state: 'foreground' }))).toEqual([200, 'none', 'register'])
			expect(gist(await handoff({ state: 'foreground', registered: true }))).toEqual([200, 'device', 'none'])
			expect(gist(await handoff({ state: 'background' }))).toEqual([200, 'service', 'none'])
		})

		it('lets the device register once nothing of ours is under way', async () => {
			const { accountId, handoff, present } = await inMode(3)
			api().owner.refusal = { state: 'registering' }
			expect((await handoff({ state: 'background', waitSeconds: 0 })).status).toBe(202)
			api().owner.silent = true
			expect(gist(await handoff({ state: 'foreground', waitSeconds: 0 }))).toEqual([202, 'none', 'wait'])
			api().owner.silent = false
			await api().signals.publish('account.changed', { accountId })
			expect(gist(await present())).toEqual([200, 'none', 'register'])
		})
	})

	describe('several lines', () => {
		it('of different modes move by one handoff, each by its own rules', async () => {
			const { tenant, device, handoff } = await inMode(0)
			for (const registrationMode of [1, 2, 3]) {
				const id = await createAccount(api(), tenant, { attributes: { registrationMode } })
				await api().stores.devices.addLine(tenant.id as TenantId, device.id as DeviceId, id as AccountId)
			}
			const steps = ({ body }: ApiResponse) => body.lines.map((line: { next: string }) => line.next)
			expect(steps(await handoff({ state: 'background' }))).toEqual(['unregister', 'none', 'none', 'none'])
			expect(steps(await handoff({ state: 'foreground' }))).toEqual(['register', 'register', 'attach', 'register'])
		})
	})

	describe('the events of a handoff', () => {
		it('tell each change, and end when it has settled', async () => {
			const { tenant, accountId, handoff, events } = await inMode(1)
			await handoff({ state: 'background', unregistered: true })
			api().owner.slowRemoval = true
			await handoff({ state: 'foreground', waitSeconds: 0, leaseSeconds: 60 })
			const listening = events()
			const { accounts } = api().stores
			const status = await accounts.status(tenant.id as TenantId, accountId as AccountId)
			if (status === undefined) throw new Error('no status')
			// The stream listens from its first look on; whichever way this falls, the last event is the same.
			api().owner.slowRemoval = false
			await api().signals.publish('account.changed', { accountId })
			const response = await listening
			expect(response.headers['content-type']).toContain('text/event-stream')
			const last = eventsOf(response).at(-1)
			expect(last).toMatchObject({ state: 'foreground', settled: true, leaseUntil: expect.any(String) })
			expect(last.lines[0]).toMatchObject({ accountId, next: 'register' })
		})

		it('are one when there is nothing to wait for', async () => {
			const { handoff, events } = await inMode(0)
			await handoff({ state: 'background' })
			const told = eventsOf(await events())
			expect(told.map((event) => [event.settled, event.lines[0].next])).toEqual([[true, 'unregister']])
		})

		it('end for a stream that a newer one replaces', async () => {
			const { accountId, handoff, events } = await inMode(3)
			api().owner.silent = true
			await handoff({ state: 'foreground', waitSeconds: 0 })
			const open = [events(), events()]
			const replaced = await Promise.race(open)
			expect(eventsOf(replaced).every((event) => event.settled === false)).toBe(true)
			api().owner.silent = false
			await api().signals.publish('account.changed', { accountId })
			const settled = (await Promise.all(open)).map((response) => eventsOf(response).at(-1)?.settled === true)
			expect(settled.toSorted()).toEqual([false, true])
		})

		it('are refused like a handoff', async () => {
			const { tenant, accountId, device, events } = await inMode(0)
			await api().request(tenant.key, 'PATCH', `/v1/accounts/${accountId}`, { disabled: true })
			expect((await events()).status).toBe(409)
			await api().request(tenant.key, 'DELETE', `/v1/devices/${device.id}`)
			expect((await events()).status).toBe(409)
			expect((await api().request(tenant.key, 'GET', '/v1/devices/me/handoff/events')).status).toBe(401)
		})
	})
}
