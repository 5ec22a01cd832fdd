import type { Challenge } from '@vigil/sip'
import { describe, expect, it } from 'vitest'
import type { HeldChallenge } from './held-challenge.ts'
import { homeAfter, mayAnswerThere } from './home-realm.ts'

const held = (realm: string, proxy = false, algorithm: Challenge['algorithm'] = 'MD5'): HeldChallenge => ({
	challenge: { proxy, realm, algorithm, nonce: 'n', qop: ['auth'], stale: false, userhash: false },
	nonceCount: 0,
})

describe('the realm of an account’s own server', () => {
	it('is what the server itself asks, before its proxies', () => {
		const proxys = homeAfter(undefined, [held('edge', true)])
		expect(proxys).toEqual({ proxy: true, realm: 'edge', algorithm: 'MD5' })
		const servers = homeAfter(proxys, [held('pbx', false, 'SHA-256-sess')])
		expect(servers).toEqual({ proxy: false, realm: 'pbx', algorithm: 'SHA-256' })
		expect(homeAfter(servers, [held('edge', true)])).toBe(servers)
		expect(homeAfter(servers, [held('pbx', false, 'SHA-256')])).toBe(servers)
		expect(homeAfter(servers, [held('moved')])).toMatchObject({ realm: 'moved' })
	})

	const home = { proxy: false, realm: 'pbx', algorithm: 'MD5' } as const
	it.each([
		['sip:pbx.example:5080', 'anything', true],
		['sip:NODE7.pbx.example', 'anything', true],
		['sip:192.0.2.7', 'pbx', true],
		['sip:192.0.2.7', 'PBX.example', true],
		['sip:192.0.2.7', 'another', false],
		['sip:evilpbx.example', 'another', false],
		['sip:pbx.example;maddr=192.0.2.7', 'another', false],
		['sip:pbx.example.evil.example', 'another', false],
	])('where a redirect leads to %s, the realm %s gets an answer: %s', (uri, realm, answered) => {
		expect(mayAnswerThere(home, held(realm), uri, 'sip:alice@pbx.example:5070')).toBe(answered)
	})
})
