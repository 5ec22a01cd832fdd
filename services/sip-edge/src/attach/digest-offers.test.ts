import { type DeviceId, type DigestOffer, Secret, type SipCredential, TokenBucket } from '@vigil/domain'
import { silentLogger } from '@vigil/runtime'
import { VirtualClock } from '@vigil/testkit'
import { describe, expect, it } from 'vitest'
import { CredentialCache } from './credential-cache.ts'
import { DigestOffers } from './digest-offers.ts'

const phone = 'device-1' as DeviceId
const secret = new Secret('s')
const BOTH = ['SHA-256', 'MD5']
const asks = { deviceId: phone, hasCredentials: false }
const answers = { deviceId: phone, hasCredentials: true }
const stranger = (id: string) => ({ deviceId: id as DeviceId, hasCredentials: false })

interface SetUp {
	readonly open?: (id: DeviceId) => Promise<SipCredential | undefined>
	readonly note?: () => Promise<void>
	readonly burst?: number
}

function setUp({ open = async () => ({ secret }), note = async () => {}, burst = 10 }: SetUp = {}) {
	const clock = new VirtualClock()
	const noted: [DeviceId, DigestOffer][] = []
	let failures = 0
	let lookUps = 0
	const credentials = new CredentialCache({
		clock,
		open: (id) => {
			lookUps++
			return open(id)
		},
		maxAgeMs: 1000,
		unknownMaxAgeMs: 100,
		maxEntries: 10,
	})
	const offers = new DigestOffers({
		credentials,
		devices: {
			noteAnsweredOffer: (id, offer) => {
				noted.push([id, offer])
				return note()
			},
		},
		budget: new TokenBucket({ perSecond: 1, burst }),
		waitMs: 500,
		maxEntries: 2,
		clock,
		logger: silentLogger,
		onFailure: () => failures++,
	})
	return { clock, offers, credentials, noted, failures: () => failures, lookUps: () => lookUps }
}

describe('DigestOffers', () => {
	it('offers MD5 alone to a device that did not answer, and stays with it when that helped', async () => {
		const { offers, noted } = setUp()
		expect(await offers.digestsFor(asks)).toEqual(BOTH)
		offers.challenged(phone)
		expect(offers.digestsFor(asks)).toEqual(['MD5'])
		offers.challenged(phone)
		expect(offers.digestsFor(answers)).toEqual(['MD5'])
		offers.proved(phone)
		expect(offers.digestsFor(asks)).toEqual(['MD5'])
		expect(noted).toEqual([[phone, 'md5']])
	})

	it('goes back to both when MD5 is not answered either', async () => {
		const { offers } = setUp()
		for (const digests of [BOTH, ['MD5'], BOTH, ['MD5']]) {
			expect(await offers.digestsFor(asks)).toEqual(digests)
			offers.challenged(phone)
		}
	})

	it('offers nothing weaker to a device that has answered once, whoever asks in its name', async () => {
		const { offers, noted } = setUp()
		await offers.digestsFor(asks)
		offers.challenged(phone)
		expect(offers.digestsFor(answers)).toEqual(BOTH)
		offers.proved(phone)
		for (let i = 0; i < 3; i++) {
			expect(offers.digestsFor(asks)).toEqual(BOTH)
			offers.challenged(phone)
		}
		offers.proved(phone)
		expect(noted).toEqual([[phone, 'all']])
	})

	it('offers the same again to a device that answered with a wrong password', async () => {
		const { offers } = setUp()
		await offers.digestsFor(asks)
		for (const digests of [BOTH, BOTH]) {
			expect(offers.digestsFor(asks)).toEqual(digests)
			offers.challenged(phone)
			offers.taken(phone)
		}
		expect(offers.digestsFor(asks)).toEqual(BOTH)
		offers.challenged(phone)
		expect(offers.digestsFor(asks)).toEqual(['MD5'])
	})

	it('says at once what is known, and writes it no more', async () => {
		const { offers, noted, lookUps } = setUp({ open: async () => ({ secret, answeredOffer: 'md5' }) })
		expect(await offers.digestsFor(asks)).toEqual(['MD5'])
		expect(offers.digestsFor(asks)).toEqual(['MD5'])
		offers.challenged(phone)
		offers.proved(phone)
		expect(noted).toEqual([])
		expect(lookUps()).toBe(1)
	})

	it('learns nothing where the app says what is offered', async () => {
		const { offers, noted } = setUp({ open: async () => ({ secret, digestAlgorithms: ['MD5'] }) })
		expect(await offers.digestsFor(asks)).toEqual(['MD5'])
		offers.challenged(phone)
		offers.proved(phone)
		expect(noted).toEqual([])
	})

	it('looks up no more strangers than it may', async () => {
		const { offers, lookUps, clock } = setUp({ open: async () => undefined, burst: 2 })
		for (const id of ['a', 'b', 'c', 'd']) expect(await offers.digestsFor(stranger(id))).toEqual(BOTH)
		expect(lookUps()).toBe(2)
		await clock.advance(1000)
		await offers.digestsFor(stranger('e'))
		expect(lookUps()).toBe(3)
	})

	it('does not wait for a store that hangs, nor for one that is down', async () => {
		const hanging = setUp({ open: () => new Promise(() => {}) })
		const digests = hanging.offers.digestsFor(asks)
		await hanging.clock.advance(500)
		expect(await digests).toEqual(BOTH)
		expect(hanging.clock.pendingTimers).toBe(0)
		const down = setUp({ open: async () => Promise.reject(new Error('down')) })
		expect(await down.offers.digestsFor(asks)).toEqual(BOTH)
		expect(down.clock.pendingTimers).toBe(0)
	})

	it('counts what it could not write', async () => {
		const { offers, failures } = setUp({ note: () => Promise.reject(new Error('down')) })
		await offers.digestsFor(asks)
		offers.challenged(phone)
		offers.proved(phone)
		await expect.poll(failures).toBe(1)
	})

	it('remembers no more silent devices than it may', async () => {
		const { offers } = setUp({ open: async () => undefined })
		for (const id of ['a', 'b', 'c']) offers.challenged(id as DeviceId)
		expect(await offers.digestsFor(stranger('a'))).toEqual(BOTH)
		expect(await offers.digestsFor(stranger('c'))).toEqual(['MD5'])
	})
})
