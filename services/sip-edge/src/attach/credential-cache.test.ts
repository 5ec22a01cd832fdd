import { type DeviceId, Secret, type SipCredential } from '@vigil/domain'
import { VirtualClock } from '@vigil/testkit'
import { describe, expect, it } from 'vitest'
import { CredentialCache } from './credential-cache.ts'

const deviceId = 'device-1' as DeviceId
const CREDENTIAL = { secret: new Secret('s') }

type Open = (id: DeviceId) => Promise<SipCredential | undefined>

function setUp(open: Open, maxEntries = 10, kept: () => SipCredential | undefined = () => undefined) {
	const clock = new VirtualClock()
	return { clock, cache: new CredentialCache({ clock, open, kept, maxAgeMs: 1000, unknownMaxAgeMs: 100, maxEntries }) }
}

describe('CredentialCache', () => {
	it('asks once for several at a time, and not again while it knows', async () => {
		let asked = 0
		const { clock, cache } = setUp(async () => {
			asked++
			return CREDENTIAL
		})
		await Promise.all([cache.open(deviceId), cache.open(deviceId)])
		expect(asked).toBe(1)
		expect(cache.known(deviceId)?.credential?.secret.reveal()).toBe('s')
		await clock.advance(1000)
		expect(cache.known(deviceId)).toBeUndefined()
	})

	it('knows for a shorter time that there is no such device', async () => {
		const { clock, cache } = setUp(async () => undefined)
		await cache.open(deviceId)
		expect(cache.known(deviceId)).toMatchObject({ credential: undefined })
		await clock.advance(100)
		expect(cache.known(deviceId)).toBeUndefined()
	})

	it('does not keep what was looked up before the device was changed', async () => {
		const { promise, resolve } = Promise.withResolvers<SipCredential | undefined>()
		const { cache } = setUp(() => promise)
		const opening = cache.open(deviceId)
		cache.forget(deviceId)
		resolve({ secret: new Secret('old') })
		expect((await opening)?.secret.reveal()).toBe('old')
		expect(cache.known(deviceId)).toBeUndefined()
	})

	describe('while the store does not answer', () => {
		it('gives what it knew before, however old it is', async () => {
			let isDown = false
			const { clock, cache } = setUp(async () => {
				if (isDown) throw new Error('down')
				return CREDENTIAL
			})
			await cache.open(deviceId)
			isDown = true
			await clock.advance(3_600_000)
			expect(await cache.open(deviceId)).toBe(CREDENTIAL)
		})

		it('gives what somebody else has in memory, soon, and asks again later', async () => {
			let asked = 0
			const open = () => {
				asked++
				return new Promise<undefined>(() => {})
			}
			const { clock, cache } = setUp(open, 10, () => CREDENTIAL)
			const opened = cache.open(deviceId)
			await clock.advance(50)
			expect(await opened).toBe(CREDENTIAL)
			expect(cache.known(deviceId)?.credential).toBe(CREDENTIAL)
			await clock.advance(10_000)
			expect(cache.known(deviceId)).toBeUndefined()
			expect(asked).toBe(1)
		})

		it('believes the store where it does answer', async () => {
			const { cache } = setUp(
				async () => undefined,
				10,
				() => CREDENTIAL,
			)
			expect(await cache.open(deviceId)).toBeUndefined()
		})
	})

	it('keeps no failure', async () => {
		let isDown = true
		const { cache } = setUp(async () => {
			if (isDown) throw new Error('down')
			return CREDENTIAL
		})
		await expect(cache.open(deviceId)).rejects.toThrow('down')
		expect(cache.known(deviceId)).toBeUndefined()
		isDown = false
		expect((await cache.open(deviceId))?.secret.reveal()).toBe('s')
	})

	it('remembers no more than it was told to', async () => {
		const { cache } = setUp(async () => CREDENTIAL, 2)
		for (const id of ['a', 'b', 'c']) await cache.open(id as DeviceId)
		expect(['a', 'b', 'c'].map((id) => cache.known(id as DeviceId) !== undefined)).toEqual([false, true, true])
	})
})
