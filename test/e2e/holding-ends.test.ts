import { afterEach, describe, expect, it } from 'vitest'
import { HoldingScene, LEASE_MS } from '../world/holding-scene.ts'

const scenes: HoldingScene[] = []

afterEach(async () => {
	for (const scene of scenes.splice(0)) await scene.close()
})

async function begin(...setting: Parameters<typeof HoldingScene.start>): Promise<HoldingScene> {
	const scene = await HoldingScene.start(...setting)
	scenes.push(scene)
	return scene
}

describe('mode 3 at its end, where nobody takes over', () => {
	it.each([
		['push is turned off', (scene: HoldingScene) => scene.change({ pushEnabled: false })],
		['the last device is removed', (scene: HoldingScene) => scene.removePhone()],
		['the account is deleted', (scene: HoldingScene) => scene.remove()],
	])('removes the binding of the service when %s', async (_when, end) => {
		const scene = await begin(3, 'overwrite')
		await scene.reach(() => scene.status?.state === 'registered')
		await end(scene)
		await scene.reach(() => !scene.registrar.hasService)
		expect(scene.registrar.count('remove')).toBe(1)
	})

	it.each([
		['push is turned off', (scene: HoldingScene) => scene.change({ pushEnabled: false })],
		['the account is deleted', (scene: HoldingScene) => scene.remove()],
	])('leaves a device its binding that has taken over before %s', async (_when, end) => {
		const scene = await begin(3, 'first')
		const { registrar } = scene
		await scene.reach(() => scene.status?.state === 'registered')
		await scene.foreground()
		await scene.reach(() => scene.isPhonesTurn)
		registrar.bindPhone()
		await scene.foreground(true)
		await end(scene)
		await scene.pass(65_000)
		expect([registrar.hasPhone, registrar.count('remove')]).toEqual([true, 0])
	})
})

describe('mode 0 at a server with one binding, where any removal takes every binding of the user', () => {
	it('never takes the binding of the phone, and says which mode fits', async () => {
		const scene = await begin(0, 'first')
		const { registrar } = scene
		await scene.reach(() => scene.status?.state === 'registered')
		registrar.bindPhone()
		await scene.foreground(true)
		await scene.reach(() => scene.isPhonesTurn)
		expect([registrar.hasPhone, registrar.count('remove')]).toEqual([true, 0])
		expect(scene.status?.blockingReason).toContain('does not say which bindings it has')
		await scene.say({ activity: 'background' })
		await scene.reach(() => scene.status?.state === 'registered' && registrar.hasService)
		// The phone is not told to remove its own, which would take ours.
		expect(scene.status?.blockingReason).toContain('registration mode 3 fits')
	})
})

describe('mode 1 after a crash of the app', () => {
	it('looks again when the binding of the phone ends, and not before', async () => {
		const scene = await begin(1, 'refuse', { contactSwap: false })
		const { registrar } = scene
		await scene.reach(() => scene.status?.state === 'registered')
		await scene.foreground()
		await scene.reach(() => scene.isPhonesTurn)
		registrar.bindPhone()
		await scene.foreground(true)
		registrar.phoneLastsSeconds = 200
		await scene.reach(() => scene.status?.holding === 'waiting', LEASE_MS + 10_000)
		// Its lease is seen to have ended by a timer and by a sweep.
		await scene.pass(35_000)
		const asked = registrar.count('query')
		await scene.pass(155_000)
		expect(registrar.count('query')).toBe(asked)
		registrar.unbindPhone()
		await scene.reach(() => registrar.hasService, 100_000)
		expect(registrar.mostTogether).toBe(1)
	})
})

const SWAPPING = { swapsContacts: true }

describe('mode 1 where the server swaps contacts', () => {
	it.each(['refuse', 'many', 'overwrite'] as const)('has never two holders and never none (%s)', async (policy) => {
		const scene = await begin(1, policy, { contactSwap: true })
		const { registrar } = scene
		await scene.reach(() => scene.status?.state === 'registered')
		for (let times = 0; times < 3; times++) {
			await scene.foreground(false, SWAPPING)
			await scene.reach(() => scene.status?.replaceableContact !== undefined)
			expect(registrar.hasService).toBe(true)
			registrar.swapPhone(scene.status?.replaceableContact ?? '')
			await scene.foreground(true, SWAPPING)
			await scene.reach(() => scene.status?.state === 'unregistered' && scene.status.holding === 'devices')
			await scene.say({ activity: 'background' })
			await scene.reach(() => scene.status?.state === 'registered' && scene.status.holding === 'away')
			expect(registrar.hasPhone).toBe(false)
		}
		expect([registrar.mostTogether, registrar.wasEmpty, registrar.count('remove')]).toEqual([1, false, 0])
	})

	it('lets go first for an app that cannot swap', async () => {
		const scene = await begin(1, 'refuse', { contactSwap: true })
		await scene.reach(() => scene.status?.state === 'registered')
		await scene.foreground()
		await scene.reach(() => scene.isPhonesTurn)
		expect(scene.registrar.contacts.size).toBe(0)
	})

	it('takes over from an app that was killed as soon as its lease ends, and learns from it that the server swaps', async () => {
		const scene = await begin(1, 'refuse')
		const { registrar } = scene
		await scene.reach(() => scene.status?.state === 'registered')
		await scene.foreground(false, SWAPPING)
		await scene.reach(() => scene.isPhonesTurn)
		registrar.bindPhone()
		await scene.foreground(true, SWAPPING)
		await scene.pass(LEASE_MS + 3000)
		await scene.reach(() => registrar.hasService)
		expect(registrar.hasPhone).toBe(false)
		await scene.foreground(false, SWAPPING)
		await scene.reach(() => scene.status?.replaceableContact !== undefined)
		expect(registrar.hasService).toBe(true)
	})

	it('does without where the server takes the first contact alone, and remembers it', async () => {
		const scene = await begin(1, 'many')
		const { registrar } = scene
		registrar.firstContactAlone = true
		await scene.reach(() => scene.status?.state === 'registered')
		await scene.foreground(false, SWAPPING)
		await scene.reach(() => scene.isPhonesTurn)
		registrar.bindPhone()
		await scene.foreground(true, SWAPPING)
		await scene.pass(LEASE_MS + 3000)
		await scene.reach(() => scene.status?.holding === 'waiting' && !registrar.hasService)
		expect(registrar.hasPhone).toBe(true)
		registrar.unbindPhone()
		await scene.say({ activity: 'terminated', unregisteredUpstream: true })
		await scene.reach(() => scene.status?.state === 'registered')
		await scene.foreground(false, SWAPPING)
		await scene.reach(() => scene.isPhonesTurn)
		expect(scene.status?.replaceableContact).toBeUndefined()
	})
})
