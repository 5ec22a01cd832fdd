import { type Device, type NewPushToken, type PushAppId, type PushTokenId, Secret, type TenantId } from '@vigil/domain'
import { beforeAll, describe, expect, it } from 'vitest'
import { APNS, newDevice, useStores } from '../../test/fixtures.ts'
import { MissingReferenceError } from '../database/database-error.ts'

const { stores } = useStores()
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
	return stores().devices.create(newDevice(tenantId, { pushTokens }))
}

function tokenOf(device: Device | undefined, text: string) {
	const found = device?.pushTokens.find((token) => token.token === text)
	if (!found) throw new Error(`the device has no token ${text}`)
	return found
}

describe('replacing the tokens of a device', () => {
	it('keeps those it has, adds new ones and removes the rest', async () => {
		const device = await deviceWith(voip('kept'), voip('gone'))
		const changed = await stores().devices.change(device.id, { pushTokens: [voip('new'), voip('kept'), voip('kept')] })
		expect(changed?.pushTokens.map((token) => token.token).toSorted()).toEqual(['kept', 'new'])
		const [before, after] = [tokenOf(device, 'kept'), tokenOf(changed, 'kept')]
		expect(after).toEqual({ ...before, registeredAtMs: expect.any(Number) })
		expect(after.registeredAtMs).toBeGreaterThan(before.registeredAtMs)
	})

	it('tells kinds and apps apart', async () => {
		const device = await deviceWith(voip('same'), { pushAppId, kind: 'alert', token: 'same' })
		expect(device.pushTokens).toHaveLength(2)
		const changed = await stores().devices.change(device.id, { pushTokens: [voip('same')] })
		expect(changed?.pushTokens.map((token) => token.kind)).toEqual(['voip'])
	})

	it('changes nothing when one names a push app that the tenant does not have', async () => {
		const device = await deviceWith(voip('mine'))
		const wrong = { pushTokens: [voip('new'), { ...voip('x'), pushAppId: 'app_none' as PushAppId }] }
		await expect(stores().devices.change(device.id, wrong)).rejects.toThrow(MissingReferenceError)
		expect(await stores().devices.load(device.id)).toEqual(device)
	})

	it('ends with one whole set when two replacements meet', async () => {
		const device = await deviceWith()
		const sets = ['a', 'b', 'c', 'd'].map((name) => [voip(`${name}1`), voip(`${name}2`)])
		await Promise.all(sets.map((pushTokens) => stores().devices.change(device.id, { pushTokens })))
		const left = (await stores().devices.load(device.id))?.pushTokens.map((token) => token.token).toSorted()
		expect(sets.map((set) => set.map((token) => token.token))).toContainEqual(left)
	})
})

describe('retiring a token', () => {
	it('happens once, and shows on the device', async () => {
		const device = await deviceWith(voip('dead'))
		const token = tokenOf(device, 'dead')
		expect(await stores().devices.retirePushToken(token.id, 'Unregistered', token.registeredAtMs)).toBe(true)
		expect(await stores().devices.retirePushToken(token.id, 'again', token.registeredAtMs)).toBe(false)
		const retired = { ...token, retiredAtMs: expect.any(Number), retiredReason: 'Unregistered' }
		expect(await stores().devices.findPushToken(token.id)).toEqual(retired)
		expect((await stores().devices.load(device.id))?.pushTokens).toEqual([retired])
	})

	it('spares one that was handed in again since', async () => {
		const device = await deviceWith(voip('alive'))
		const { id, registeredAtMs } = tokenOf(device, 'alive')
		await stores().devices.change(device.id, { pushTokens: [voip('alive')] })
		expect(await stores().devices.retirePushToken(id, 'Unregistered', registeredAtMs)).toBe(false)
		expect(await stores().devices.findPushToken(id)).not.toHaveProperty('retiredAtMs')
	})

	it('is undone when the device hands the token in again; another token leaves it as evidence', async () => {
		const device = await deviceWith(voip('dead'))
		const { id, registeredAtMs } = tokenOf(device, 'dead')
		await stores().devices.retirePushToken(id, 'Unregistered', registeredAtMs)
		const moved = await stores().devices.change(device.id, { pushTokens: [voip('fresh')] })
		expect(tokenOf(moved, 'dead')).toMatchObject({ id, retiredReason: 'Unregistered' })
		const back = await stores().devices.change(device.id, { pushTokens: [voip('dead')] })
		expect(back?.pushTokens).toEqual([{ ...tokenOf(device, 'dead'), registeredAtMs: expect.any(Number) }])
	})

	it('does nothing for a token that is unknown', async () => {
		const unknown = 'tok_none' as PushTokenId
		expect(await stores().devices.retirePushToken(unknown, 'x', Number.MAX_SAFE_INTEGER)).toBe(false)
		expect(await stores().devices.findPushToken(unknown)).toBeUndefined()
	})
})
