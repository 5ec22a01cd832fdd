import {
	type AccountId,
	type Device,
	type DeviceId,
	type NewPushToken,
	type PushAppId,
	type PushTokenId,
	Secret,
	type TenantId,
} from '@vigil/domain'
import { beforeAll, describe, expect, it } from 'vitest'
import type { ContractStores } from './contract-stores.ts'
import { APNS, changedDevice, enrolledDevice, newAccount, newDevice } from './fixtures.ts'

/** What every store of its kind does. */
export function pushTokenContract(stores: () => ContractStores): void {
	let tenantId: TenantId
	let pushAppId: PushAppId

	beforeAll(async () => {
		tenantId = (await stores().tenants.create('tokens')).id
		pushAppId = (await stores().pushApps.create(tenantId, 'phone', APNS, new Secret('pem'))).id
	})

	function voip(token: string): NewPushToken {
		return { pushAppId, kind: 'voip', token }
	}

	function deviceWith(...pushTokens: NewPushToken[]): Promise<Device> {
		return enrolledDevice(stores().devices, newDevice(tenantId, { pushTokens }))
	}

	function tokenOf(device: Device | undefined, text: string) {
		const found = device?.pushTokens.find((token) => token.token === text)
		if (!found) throw new Error(`the device has no token ${text}`)
		return found
	}

	describe('replacing the tokens of a device', () => {
		it('keeps those it has, adds new ones and removes the rest', async () => {
			const device = await deviceWith(voip('kept'), voip('gone'))
			const changed = await changedDevice(stores().devices, device, {
				pushTokens: [voip('new'), voip('kept'), voip('kept')],
			})
			expect(changed?.pushTokens.map((token) => token.token).toSorted()).toEqual(['kept', 'new'])
			const [before, after] = [tokenOf(device, 'kept'), tokenOf(changed, 'kept')]
			expect(after).toEqual({ ...before, registeredAtMs: expect.any(Number) })
			expect(after.registeredAtMs).toBeGreaterThan(before.registeredAtMs)
		})

		it('tells kinds and apps apart', async () => {
			const device = await deviceWith(voip('same'), { pushAppId, kind: 'alert', token: 'same' })
			expect(device.pushTokens).toHaveLength(2)
			const changed = await changedDevice(stores().devices, device, { pushTokens: [voip('same')] })
			expect(changed?.pushTokens.map((token) => token.kind)).toEqual(['voip'])
		})

		it('changes nothing when one names a push app that the tenant does not have', async () => {
			const device = await deviceWith(voip('mine'))
			const wrong = { pushTokens: [voip('new'), { ...voip('x'), pushAppId: 'app_none' as PushAppId }] }
			await expect(changedDevice(stores().devices, device, wrong)).rejects.toMatchObject({
				name: 'MissingReferenceError',
			})
			expect(await stores().devices.load(device.id)).toEqual(device)
		})

		it('ends with one whole set when two replacements meet', async () => {
			const device = await deviceWith()
			const sets = ['a', 'b', 'c', 'd'].map((name) => [voip(`${name}1`), voip(`${name}2`)])
			await Promise.all(sets.map((pushTokens) => changedDevice(stores().devices, device, { pushTokens })))
			const left = (await stores().devices.load(device.id))?.pushTokens.map((token) => token.token).toSorted()
			expect(sets.map((set) => set.map((token) => token.token))).toContainEqual(left)
		})
	})

	describe('a token of another device', () => {
		const live = (device: Device | undefined) =>
			device?.pushTokens.filter(({ retiredAtMs }) => retiredAtMs === undefined).map(({ token }) => token)
		const line = async () => (await stores().accounts.create(newAccount(tenantId))).id
		const versionOf = async (id: AccountId) => (await stores().accounts.load(id))?.version

		it('belongs to who hands it in last, and with it goes all that the earlier install handed in for the push app', async () => {
			const { devices, pushApps } = stores()
			const otherApp = (await pushApps.create(tenantId, 'tablet', APNS, new Secret('pem'))).id
			const [first, second] = [await line(), await line()]
			const elsewhere = { ...voip('moving'), pushAppId: otherApp }
			const pushTokens = [voip('moving'), { pushAppId, kind: 'alert' as const, token: 'with it' }, elsewhere]
			const old = await enrolledDevice(devices, newDevice(tenantId, { pushTokens, lines: [first, second] }))
			const fresh = await devices.create(newDevice(tenantId, { pushTokens: [voip('moving')], lines: [first] }))
			expect(fresh.superseded).toEqual([{ id: old.id, lines: [first, second] }])
			expect(live(fresh.device)).toEqual(['moving'])
			const left = await devices.load(old.id)
			expect(left?.pushTokens.filter(({ retiredAtMs }) => retiredAtMs === undefined)).toMatchObject([elsewhere])
			expect(tokenOf(left, 'with it')).toMatchObject({ retiredReason: 'handed in by another install' })
			expect([await versionOf(first), await versionOf(second)]).toEqual([2, 2])
		})

		it('comes back to the device that hands it in again', async () => {
			const old = await deviceWith(voip('to and fro'))
			const fresh = await deviceWith(voip('to and fro'))
			const back = await stores().devices.change(tenantId, old.id, { pushTokens: [voip('to and fro')] })
			expect(back?.superseded).toEqual([{ id: fresh.id, lines: [] }])
			expect(tokenOf(back?.device, 'to and fro')).toEqual({
				...tokenOf(old, 'to and fro'),
				registeredAtMs: expect.any(Number),
			})
			expect(live(await stores().devices.load(fresh.id))).toEqual([])
		})

		it('is left alone by one that hands in others, and a retired one is nobody’s loss', async () => {
			const device = await deviceWith(voip('stays'))
			const { id, registeredAtMs } = tokenOf(device, 'stays')
			expect((await stores().devices.create(newDevice(tenantId, { pushTokens: [voip('else')] }))).superseded).toEqual(
				[],
			)
			await stores().devices.retirePushToken(tenantId, id, 'Unregistered', registeredAtMs)
			expect((await stores().devices.create(newDevice(tenantId, { pushTokens: [voip('stays')] }))).superseded).toEqual(
				[],
			)
			expect(tokenOf(await stores().devices.load(device.id), 'stays')).toMatchObject({ retiredReason: 'Unregistered' })
		})

		it('has one owner at any moment, however many hand it in at once and exchange theirs', async () => {
			const names = ['x', 'y', 'z']
			const devices = await Promise.all(names.map((name) => deviceWith(voip(name))))
			const turns = Array.from({ length: 30 }, (_, i) => ({
				device: devices[i % 3],
				pushTokens: [voip(names[((i * 7 + i / 3) % 3) | 0] ?? 'x')],
			}))
			await Promise.all([
				...turns.map(({ device, pushTokens }) =>
					stores().devices.change(tenantId, device?.id as DeviceId, { pushTokens }),
				),
				...names.map((name) => deviceWith(voip(name), voip('x'))),
			])
			const all = (await stores().devices.list(tenantId, {}, { limit: 1000 })).items.flatMap(
				(device) => live(device) ?? [],
			)
			const counts = names.map((name) => all.filter((token) => token === name).length)
			expect(Math.max(...counts)).toBe(1)
			expect(counts[0]).toBe(1)
		})
	})

	describe('what the provider makes of a token', () => {
		it('is noted: taken once for all, refused until it is taken or handed in again', async () => {
			const { devices } = stores()
			const device = await deviceWith(voip('judged'))
			const { id } = tokenOf(device, 'judged')
			const shown = async () => tokenOf(await devices.load(device.id), 'judged')
			await devices.notePushRefused(tenantId, id, 'BadDeviceToken')
			const { refusedAtMs } = await shown()
			await devices.notePushRefused(tenantId, id, 'BadTopic')
			expect(await shown()).toMatchObject({ refusedAtMs, refusedReason: 'BadTopic' })
			await devices.notePushAccepted(tenantId, id)
			const { acceptedAtMs } = await shown()
			expect(acceptedAtMs).toEqual(expect.any(Number))
			expect(await shown()).not.toHaveProperty('refusedReason')
			await devices.notePushRefused(tenantId, id, 'BadDeviceToken')
			await devices.notePushAccepted(tenantId, id)
			expect(await devices.findPushToken(tenantId, id)).toEqual({ ...tokenOf(device, 'judged'), acceptedAtMs })
			await devices.notePushRefused(tenantId, id, 'BadDeviceToken')
			await changedDevice(devices, device, { pushTokens: [voip('judged')] })
			expect(await shown()).toMatchObject({ acceptedAtMs })
			expect(await shown()).not.toHaveProperty('refusedAtMs')
		})
	})

	describe('retiring a token', () => {
		it('lets whoever serves the accounts know, also when the news of it is lost', async () => {
			const { accounts, devices } = stores()
			const { id: account } = await accounts.create(newAccount(tenantId))
			const pushTokens = [voip('heard of')]
			const device = await enrolledDevice(devices, newDevice(tenantId, { pushTokens, lines: [account] }))
			const { id, registeredAtMs } = tokenOf(device, 'heard of')
			await devices.retirePushToken(tenantId, id, 'Unregistered', registeredAtMs)
			expect((await accounts.load(account))?.version).toBe(2)
			await devices.retirePushToken(tenantId, id, 'Unregistered', registeredAtMs)
			expect((await accounts.load(account))?.version).toBe(2)
		})

		it('happens once, and shows on the device', async () => {
			const device = await deviceWith(voip('dead'))
			const token = tokenOf(device, 'dead')
			expect(await stores().devices.retirePushToken(tenantId, token.id, 'Unregistered', token.registeredAtMs)).toBe(
				true,
			)
			expect(await stores().devices.retirePushToken(tenantId, token.id, 'again', token.registeredAtMs)).toBe(false)
			const retired = { ...token, retiredAtMs: expect.any(Number), retiredReason: 'Unregistered' }
			expect(await stores().devices.findPushToken(tenantId, token.id)).toEqual(retired)
			expect((await stores().devices.load(device.id))?.pushTokens).toEqual([retired])
		})

		it('spares one that was handed in again since', async () => {
			const device = await deviceWith(voip('alive'))
			const { id, registeredAtMs } = tokenOf(device, 'alive')
			await changedDevice(stores().devices, device, { pushTokens: [voip('alive')] })
			expect(await stores().devices.retirePushToken(tenantId, id, 'Unregistered', registeredAtMs)).toBe(false)
			expect(await stores().devices.findPushToken(tenantId, id)).not.toHaveProperty('retiredAtMs')
		})

		it('is undone when the device hands the token in again; another token leaves it as evidence', async () => {
			const device = await deviceWith(voip('dead'))
			const { id, registeredAtMs } = tokenOf(device, 'dead')
			await stores().devices.retirePushToken(tenantId, id, 'Unregistered', registeredAtMs)
			const moved = await changedDevice(stores().devices, device, { pushTokens: [voip('fresh')] })
			expect(tokenOf(moved, 'dead')).toMatchObject({ id, retiredReason: 'Unregistered' })
			const back = await changedDevice(stores().devices, device, { pushTokens: [voip('dead')] })
			expect(back?.pushTokens).toEqual([{ ...tokenOf(device, 'dead'), registeredAtMs: expect.any(Number) }])
		})

		it('does nothing for a token that is unknown', async () => {
			const unknown = 'tok_none' as PushTokenId
			expect(await stores().devices.retirePushToken(tenantId, unknown, 'x', Number.MAX_SAFE_INTEGER)).toBe(false)
			expect(await stores().devices.findPushToken(tenantId, unknown)).toBeUndefined()
		})
	})
}
