import type { AccountView } from '@vigil/contracts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { TestWorld } from '../world/test-world.ts'

let world: TestWorld

beforeAll(async () => {
	world = await TestWorld.start()
}, 60_000)

afterAll(() => world?.close(), 60_000)

/** A phone whose app does as the SDK tells it; what it was told is kept. */
async function appIn(registrationMode: number) {
	const account: AccountView = await world.addAccount({ attributes: { registrationMode } })
	const { device } = await world.addPhone(account.id)
	const told: string[] = []
	const hooks = {
		register: async () => void told.push(`register, ${world.registrar.bindings(account.username).length} bound`),
		unregister: async () => void told.push('unregister'),
	}
	return { device, told, hooks, bound: () => world.registrar.bindings(account.username).length }
}

describe('an app that follows its SDK', () => {
	it('in mode 1 registers when nothing is bound any more', async () => {
		const { device, told, hooks, bound } = await appIn(1)
		expect((await device.enterBackground(hooks)).lines).toMatchObject([{ holder: 'service', next: 'none' }])
		expect(bound()).toBe(1)
		const { lines, settled } = await device.enterForeground(hooks)
		expect([told, settled]).toEqual([['register, 0 bound'], true])
		expect(lines).toMatchObject([{ holder: 'device', registration: { holding: 'devices' } }])
		device.close()
	})

	it('in mode 2 attaches, and nothing changes upstream', async () => {
		const { device, told, hooks } = await appIn(2)
		await device.enterBackground(hooks)
		expect((await device.enterForeground(hooks)).lines).toMatchObject([{ holder: 'service', next: 'attach' }])
		expect([told, device.attachment]).toEqual([[], 'attached'])
		device.close()
	})

	it('in mode 3 registers over a binding that nobody removes', async () => {
		const { device, told, hooks, bound } = await appIn(3)
		await device.enterBackground(hooks)
		expect((await device.enterForeground(hooks)).lines).toMatchObject([{ holder: 'device', next: 'none' }])
		expect([told, bound()]).toEqual([['register, 1 bound'], 1])
		expect((await device.enterBackground(hooks)).lines).toMatchObject([{ holder: 'service', next: 'none' }])
	})
})
