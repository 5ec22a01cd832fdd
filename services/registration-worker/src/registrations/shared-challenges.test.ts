import { DEFAULT_ATTRIBUTES, type HeldChallenge, type TenantId } from '@vigil/domain'
import { beforeEach, describe, expect, it } from 'vitest'
import type { AccountProfile } from '../accounts/account-profiles.ts'
import { SharedChallenges } from './shared-challenges.ts'

const PROFILE: AccountProfile = {
	tenantId: 't' as TenantId,
	domain: 'example.com',
	transport: 'udp',
	attributes: DEFAULT_ATTRIBUTES,
}

function held(nonce: string, nonceCount = 1): HeldChallenge {
	const challenge = { proxy: false, realm: 'r', nonce, algorithm: 'MD5', qop: ['auth'], stale: false, userhash: false }
	return { challenge: challenge as HeldChallenge['challenge'], nonceCount }
}

describe('challenges shared by the accounts of a server', () => {
	let shared: SharedChallenges

	beforeEach(() => {
		shared = new SharedChallenges()
		shared.learn(PROFILE, [held('one')], 1000)
	})

	it('are offered unused, to one account until it was accepted, and then to all', () => {
		expect(shared.offer(PROFILE, 1001)).toEqual([held('one', 0)])
		expect(shared.offer(PROFILE, 1002)).toBeUndefined()
		shared.settle(PROFILE, true, 1100)
		expect(shared.offer(PROFILE, 1101)).toEqual([held('one', 0)])
		expect(shared.offer(PROFILE, 1102)).toEqual([held('one', 0)])
	})

	it('are of one profile only', () => {
		expect(shared.offer({ ...PROFILE, domain: 'other.example.com' }, 1001)).toBeUndefined()
	})

	it('are left alone for half an hour where the first account was refused', () => {
		shared.offer(PROFILE, 1001)
		shared.settle(PROFILE, false, 1100)
		shared.learn(PROFILE, [held('two')], 1_800_000)
		expect(shared.offer(PROFILE, 1_801_099)).toBeUndefined()
		expect(shared.offer(PROFILE, 1_801_100)).toEqual([held('two', 0)])
	})

	it('survive wrong passwords of a few, not three refusals in a row', () => {
		shared.offer(PROFILE, 1001)
		shared.settle(PROFILE, true, 1100)
		for (const accepted of [false, false, true, false, false]) shared.settle(PROFILE, accepted, 1200)
		expect(shared.offer(PROFILE, 1300)).toBeDefined()
		shared.settle(PROFILE, false, 1400)
		expect(shared.offer(PROFILE, 1500)).toBeUndefined()
	})

	it('grow old in 20 seconds, and are renewed by whoever is asked after that', () => {
		shared.offer(PROFILE, 1001)
		shared.settle(PROFILE, true, 1100)
		expect(shared.offer(PROFILE, 21_000)).toBeUndefined()
		shared.learn(PROFILE, [held('two')], 21_100)
		expect(shared.offer(PROFILE, 21_200)).toEqual([held('two', 0)])
	})

	it('are tried by another account when the first was never answered', () => {
		shared.offer(PROFILE, 1001)
		shared.learn(PROFILE, [held('two')], 41_000)
		expect(shared.offer(PROFILE, 41_000)).toBeUndefined()
		expect(shared.offer(PROFILE, 41_001)).toEqual([held('two', 0)])
	})
})
