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

const SERVERS = [
	[0, 'many'],
	[1, 'refuse'],
	[2, 'many'],
	[3, 'overwrite'],
] as const

describe('a worker that holds', () => {
	it('mode 0: stays until the phone says that it has registered, and is back before the phone leaves', async () => {
		const scene = await begin(0, 'many')
		const { registrar } = scene
		await scene.reach(() => registrar.hasService)
		await scene.foreground()
		await scene.pass(5000)
		expect(registrar.hasService).toBe(true)
		registrar.bindPhone()
		await scene.foreground(true)
		await scene.reach(() => scene.isPhonesTurn)
		expect(registrar.hasService).toBe(false)
		await scene.say({ activity: 'background', registeredUpstream: true })
		await scene.reach(() => scene.status?.state === 'registered' && scene.status.holding === 'away')
		expect(registrar.contacts.size).toBe(2)
	})

	it('mode 1: lets go before the phone may register, and binds only when the phone is gone', async () => {
		const scene = await begin(1, 'refuse')
		const { registrar } = scene
		await scene.reach(() => scene.status?.state === 'registered')
		await scene.foreground()
		await scene.reach(() => scene.isPhonesTurn)
		expect(registrar.contacts.size).toBe(0)
		registrar.bindPhone()
		await scene.foreground(true)
		await scene.say({ activity: 'background', registeredUpstream: true })
		await scene.reach(() => scene.status?.holding === 'waiting')
		expect(scene.status?.blockingReason).toContain('still registered')
		const asked = registrar.count('query')
		await scene.reach(() => registrar.count('query') >= asked + 2)
		registrar.unbindPhone()
		await scene.reach(() => scene.status?.state === 'registered')
		expect(scene.status).toMatchObject({ holding: 'away' })
		expect(scene.status?.blockingReason).toBeUndefined()
		expect(registrar.mostTogether).toBe(1)
	})

	it('mode 2: is always bound, and nothing changes upstream', async () => {
		const scene = await begin(2, 'many')
		await scene.reach(() => scene.registrar.hasService)
		await scene.foreground()
		await scene.pass(5000)
		await scene.say({ activity: 'background' })
		await scene.pass(5000)
		expect(scene.registrar.came).toEqual(['bind'])
	})

	it('mode 3: leaves its binding to be overwritten, and never unregisters', async () => {
		const scene = await begin(3, 'overwrite')
		const { registrar } = scene
		await scene.reach(() => registrar.hasService)
		await scene.foreground()
		await scene.reach(() => scene.isPhonesTurn)
		expect(registrar.hasService).toBe(true)
		registrar.bindPhone()
		await scene.foreground(true)
		await scene.pass(5000)
		await scene.say({ activity: 'background', registeredUpstream: true })
		await scene.reach(() => registrar.hasService)
		expect(registrar.hasPhone).toBe(false)
		expect(registrar.count('remove')).toBe(0)
	})

	it('mode 3: it is not the turn of the phone while a REGISTER is under way', async () => {
		const scene = await begin(3, 'overwrite')
		const { registrar } = scene
		registrar.silentTo = 'bind'
		await scene.reach(() => registrar.count('bind') > 0)
		await scene.foreground()
		await scene.pass(5000)
		expect(scene.isPhonesTurn).toBe(false)
		registrar.silentTo = undefined
		await scene.reach(() => scene.isPhonesTurn)
	})

	it.each(SERVERS)(
		'mode %i: an app that was killed in the foreground is taken over from when its lease ends',
		async (mode, policy) => {
			const scene = await begin(mode, policy, { contactSwap: false })
			const { registrar } = scene
			await scene.reach(() => registrar.hasService)
			await scene.foreground()
			if (mode !== 2) {
				if (mode !== 0) await scene.reach(() => scene.isPhonesTurn)
				registrar.bindPhone()
				await scene.foreground(true)
			}
			await scene.pass(LEASE_MS / 2)
			scene.renew()
			await scene.pass(LEASE_MS - 1000)
			if (mode !== 2) expect(registrar.hasService).toBe(false)
			// Killed: nothing is renewed or said any more, and what it had bound ends some time.
			await scene.pass(3000)
			if (mode === 1) expect(registrar.hasService).toBe(false)
			if (mode === 1) registrar.unbindPhone()
			await scene.reach(() => registrar.hasService && scene.status?.state === 'registered')
			if (mode === 1) expect(registrar.mostTogether).toBe(1)
		},
	)

	it.each(SERVERS)(
		'mode %i: a worker that starts anew goes on, with the phone asleep and in use',
		async (mode, policy) => {
			const scene = await begin(mode, policy)
			const { registrar } = scene
			await scene.reach(() => registrar.hasService)
			await scene.restart()
			await scene.reach(() => scene.status?.state === 'registered' && registrar.count('bind') >= 2)
			await scene.foreground()
			if (mode === 2) return
			if (mode !== 0) await scene.reach(() => scene.isPhonesTurn)
			registrar.bindPhone()
			await scene.foreground(true)
			await scene.reach(() => !registrar.hasService)
			await scene.restart()
			await scene.pass(3000)
			expect([registrar.hasPhone, registrar.hasService]).toEqual([true, false])
			if (mode === 1) registrar.unbindPhone()
			await scene.say({ activity: 'background', unregisteredUpstream: mode === 1 })
			await scene.reach(() => registrar.hasService)
			if (mode === 1) expect(registrar.mostTogether).toBe(1)
			if (mode === 3) expect(registrar.count('remove')).toBe(0)
		},
	)

	it("mode 1: a worker that stopped between the phone's statement and its own removal removes it after the start", async () => {
		const scene = await begin(1, 'refuse')
		const { registrar } = scene
		await scene.reach(() => registrar.hasService)
		registrar.silentTo = 'remove'
		await scene.foreground()
		await scene.reach(() => registrar.count('remove') > 0)
		expect(scene.isPhonesTurn).toBe(false)
		registrar.silentTo = undefined
		await scene.restart()
		await scene.reach(() => scene.isPhonesTurn)
		expect(registrar.contacts.size).toBe(0)
	})

	it('finds by its sweep the end of a lease that no signal told of', async () => {
		const scene = await begin(0, 'many')
		const { registrar } = scene
		await scene.reach(() => registrar.hasService)
		await scene.say({ activity: 'foreground', registeredUpstream: true })
		await scene.reach(() => scene.isPhonesTurn)
		scene.renew()
		await scene.pass(LEASE_MS - 1000)
		expect(registrar.hasService).toBe(false)
		await scene.reach(() => registrar.hasService)
	})

	it('mode 0 at a server that refuses a second binding: said, and tried with rests until the phone is gone', async () => {
		const scene = await begin(0, 'refuse')
		const { registrar } = scene
		await scene.reach(() => registrar.hasService)
		await scene.foreground(true)
		await scene.reach(() => scene.isPhonesTurn)
		registrar.bindPhone()
		await scene.say({ activity: 'background', registeredUpstream: true })
		await scene.reach(() => scene.status?.state === 'failing')
		expect(scene.status?.blockingReason).toContain('registration mode 1 fits')
		const tried = registrar.count('bind')
		await scene.pass(60_000)
		expect(registrar.count('bind') - tried).toBeLessThanOrEqual(5)
		registrar.unbindPhone()
		await scene.reach(() => scene.status?.state === 'registered', 300_000)
		expect(scene.status?.blockingReason).toBeUndefined()
	})

	it('mode 0 at a server that overwrites: with one phone in use and one away, the one in use is not fought', async () => {
		const scene = await begin(0, 'overwrite')
		const { registrar } = scene
		scene.addSleeper('tablet')
		await scene.reach(() => registrar.hasService)
		registrar.bindPhone()
		await scene.foreground(true)
		await scene.reach(() => scene.status?.blockingReason !== undefined)
		expect(scene.status?.blockingReason).toContain('registration mode 3 fits')
		await scene.pass(LEASE_MS - 5000)
		expect([registrar.hasPhone, registrar.count('bind')]).toEqual([true, 1])
		await scene.say({ activity: 'background', registeredUpstream: true })
		await scene.reach(() => registrar.hasService)
	})

	it('mode 3 at a server that keeps every binding: says which mode fits', async () => {
		const scene = await begin(3, 'many')
		scene.registrar.bindPhone()
		await scene.reach(() => scene.status?.blockingReason !== undefined, 600_000)
		expect(scene.status?.blockingReason).toContain('registration mode 0 fits')
	})
})
