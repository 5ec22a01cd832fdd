import { DEFAULT_ATTRIBUTES, type HeldChallenge, type TenantId } from '@vigil/domain'
import { beforeEach, describe, expect, it } from 'vitest'
import type { AccountProfile } from '../accounts/account-profiles.ts'
import { type Offer, SharedChallenges } from './shared-challenges.ts'

const PROFILE: AccountProfile = {
	tenantId: 't' as TenantId,
	domain: 'example.com',
	transport: 'udp',
	attributes: DEFAULT_ATTRIBUTES,
}
const NO_NONCE = Number.POSITIVE_INFINITY

function held(nonce: string, nonceCount = 1, algorithm = 'MD5'): HeldChallenge {
	const named = { algorithm, algorithmText: algorithm }
	const challenge = { proxy: false, realm: 'r', nonce, ...named, qop: ['auth'], stale: false, userhash: false }
	return { challenge: challenge as HeldChallenge['challenge'], nonceCount }
}

describe('challenges shared by the accounts of a server', () => {
	let shared: SharedChallenges

	beforeEach(() => {
		shared = new SharedChallenges()
		shared.learn(PROFILE, [held('one')], 1000)
	})

	function offer(nowMs: number, ageMs = NO_NONCE): Offer | undefined {
		return shared.offer(PROFILE, ageMs === NO_NONCE ? [] : [held('own')], ageMs, nowMs)
	}

	/** Somebody is given an offer and answers it. */
	function answered(accepted: boolean, nowMs: number): void {
		const given = offer(nowMs)
		if (!given) throw new Error('nothing is offered')
		shared.settle(PROFILE, given, accepted, nowMs)
	}

	it('are offered unused, to one account until it was accepted, and then to all', () => {
		const first = offer(1001) ?? []
		expect(first).toEqual([held('one', 0)])
		expect(offer(1002)).toBeUndefined()
		shared.settle(PROFILE, first, true, 1100)
		expect(offer(1101)).toEqual([held('one', 0)])
		expect(offer(1102)).toEqual([held('one', 0)])
	})

	it('are of one profile only', () => {
		expect(shared.offer({ ...PROFILE, domain: 'other.example.com' }, [], NO_NONCE, 1001)).toBeUndefined()
	})

	it('are left alone for half an hour where the first account was refused', () => {
		answered(false, 1100)
		shared.learn(PROFILE, [held('two')], 1_800_000)
		expect(offer(1_801_099)).toBeUndefined()
		expect(offer(1_801_100)).toEqual([held('two', 0)])
	})

	it('survive wrong passwords of a few, not three refusals in a row', () => {
		answered(true, 1100)
		for (const accepted of [false, false, true, false, false]) {
			shared.learn(PROFILE, [held('next')], 1200)
			answered(accepted, 1200)
		}
		shared.learn(PROFILE, [held('last')], 1300)
		answered(false, 1300)
		shared.learn(PROFILE, [held('more')], 1400)
		expect(offer(1400)).toBeUndefined()
	})

	it('count once, however many were on their way with one that is not good any more', () => {
		answered(true, 1100)
		const given = offer(1200) ?? []
		for (let account = 0; account < 10; account++) shared.settle(PROFILE, given, false, 1300)
		expect(offer(1301)).toBeUndefined()
		shared.learn(PROFILE, [held('two')], 1400)
		expect(offer(1401)).toEqual([held('two', 0)])
	})

	it('grow old in 20 seconds, and are renewed by whoever is asked after that', () => {
		answered(true, 1100)
		expect(offer(21_000)).toBeUndefined()
		shared.learn(PROFILE, [held('two')], 21_100)
		expect(offer(21_200)).toEqual([held('two', 0)])
	})

	it('are tried by another account when the first was never answered', () => {
		offer(1001)
		shared.learn(PROFILE, [held('two')], 41_000)
		expect(offer(41_000)).toBeUndefined()
		expect(offer(41_001)).toEqual([held('two', 0)])
	})

	it('take the place of a nonce only at an age at which one was refused', () => {
		answered(true, 1100)
		expect(offer(1200, 400_000)).toBeUndefined()
		shared.refusedOwn(PROFILE, 400_000)
		shared.refusedOwn(PROFILE, 300_000)
		expect(offer(1200, 299_999)).toBeUndefined()
		expect(offer(1200, 300_000)).toEqual([held('one', 0)])
	})

	it('are offered to those that were never asked the more slowly the fewer were asked the same', () => {
		answered(true, 1100)
		expect([offer(1101), offer(1101), offer(1101)].filter(Boolean)).toHaveLength(3)
		expect(offer(1101)).toBeUndefined()
		// Those who were asked in that way before are not in doubt.
		shared.refusedOwn(PROFILE, 300_000)
		expect(offer(1101, 300_000)).toBeDefined()
		shared.settle(PROFILE, offer(1101, 300_000) ?? [], true, 1102)
		expect([offer(1103), offer(1103)].filter(Boolean)).toHaveLength(2)
	})

	describe('of a server that asks some for another algorithm', () => {
		const SHA = (nonce: string) => held(nonce, 1, 'SHA-256')

		beforeEach(() => {
			answered(true, 1100)
			shared.refusedOwn(PROFILE, 300_000)
			shared.learn(PROFILE, [SHA('two')], 1200)
		})

		it('are not offered to accounts that were never asked', () => {
			expect(offer(1300)).toBeUndefined()
			shared.learn(PROFILE, [held('three')], 1400)
			expect(offer(1500)).toBeUndefined()
		})

		it('are offered to those that were asked in the same way', () => {
			expect(shared.offer(PROFILE, [held('own')], 300_000, 1300)).toEqual([held('one', 0)])
			expect(shared.offer(PROFILE, [SHA('own')], 300_000, 1300)).toEqual([{ ...SHA('two'), nonceCount: 0 }])
			expect(shared.offer(PROFILE, [held('own'), SHA('own')], 300_000, 1300)).toBeUndefined()
		})

		it('are offered to nobody where each account has a realm of its own', () => {
			for (let account = 0; account < 20; account++) {
				const one = held(`n${account}`)
				shared.learn(PROFILE, [{ ...one, challenge: { ...one.challenge, realm: `r${account}` } }], 1300)
			}
			expect(shared.offer(PROFILE, [held('own')], 300_000, 1400)).toBeUndefined()
			expect(shared.mayOffer(PROFILE, 300_000)).toBe(false)
		})
	})
})
